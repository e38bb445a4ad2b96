import { describe, expect, it } from 'vitest';
import { hex, plainPacket, reasonOf, segmentOf, zeros } from './made-packets.ts';

const LINK_PPI = 192;

describe('PPI', () => {
  it('says the link type of its packet', () => {
    const header = [...hex('00 00 1000 01000000'), ...zeros(8)];
    expect(segmentOf(LINK_PPI, [...header, ...plainPacket('hello')]).payload).toBe('hello');
  });

  it('in itself comes to an end', () => {
    expect(reasonOf(LINK_PPI, Array.from({ length: 200 }, () => hex('00 00 0800 c0000000')).flat())).toBe(
      'too-deep',
    );
  });

  it('that is broken gives nothing', () => {
    expect(reasonOf(LINK_PPI, hex('01 00 0800 01000000'))).toBe('malformed');
    expect(reasonOf(LINK_PPI, hex('00 00 0400 01000000'))).toBe('malformed');
    expect(reasonOf(LINK_PPI, hex('00 00 ff00 01000000'))).toBe('malformed');
  });
});
