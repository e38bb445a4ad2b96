import { describe, expect, it } from 'vitest';
import { hex, ipv4, ipv6, plainPacket, reasonOf, segmentOf, tcp, zeros } from './made-packets.ts';

describe('link types', () => {
  it('of raw IP are several', () => {
    for (const linkType of [12, 14, 101, 228])
      expect(segmentOf(linkType, ipv4(tcp('hello'))).payload).toBe('hello');
    for (const linkType of [12, 14, 101, 229])
      expect(segmentOf(linkType, ipv6(tcp('hello'))).payload).toBe('hello');
  });

  it('of Apple in old files are those for users', () => {
    const header = [...hex('6c000000 01000000 01000000'), ...zeros(96)];
    expect(segmentOf(149, [...header, ...plainPacket('hello')]).payload).toBe('hello');
  });

  it('that are unknown are counted', () => {
    expect(reasonOf(147, plainPacket())).toBe('unsupported-link-type');
    expect(reasonOf(-1, plainPacket())).toBe('unsupported-link-type');
  });
});
