import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, LINK_RAW, reasonOf, segmentOf, tcp } from './made-packets.ts';

describe('raw IP', () => {
  it('says its version itself', () => {
    expect(segmentOf(LINK_RAW, ipv4(tcp('hello'))).payload).toBe('hello');
    expect(segmentOf(LINK_RAW, ipv6(tcp('hello'))).payload).toBe('hello');
  });

  it('of other versions gives nothing', () => {
    expect(reasonOf(LINK_RAW, [0x50, 0, 0, 0])).toBe('not-ip');
    expect(reasonOf(LINK_RAW, [], 40)).toBe('header-cut');
  });
});
