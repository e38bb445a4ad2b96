import { describe, expect, it } from 'vitest';
import { type Bytes, hex, ipv4, ipv6, LINK_RAW, reasonOf, segmentOf, tcp } from './made-packets.ts';

const ah = (next: number, payload: Bytes, length = '04'): Bytes => [
  next,
  ...hex(`${length}0000 00000100 00000001 0123456789abcdef01234567`),
  ...payload,
];

describe('the authentication header', () => {
  it('hides nothing', () => {
    expect(segmentOf(LINK_RAW, ipv4(ah(6, tcp('hello')), { protocol: 51 })).payload).toBe('hello');
    expect(segmentOf(LINK_RAW, ipv6(ah(6, tcp('hello')), { next: 51 })).payload).toBe('hello');
    expect(segmentOf(LINK_RAW, ipv4(ah(4, ipv4(tcp())), { protocol: 51 })).nesting).toEqual(['ipip']);
  });

  it('has a length that holds its fixed fields', () => {
    expect(reasonOf(LINK_RAW, ipv4(ah(6, tcp(), '00'), { protocol: 51 }))).toBe('malformed');
    expect(reasonOf(LINK_RAW, ipv4(ah(6, tcp(), 'ff'), { protocol: 51 }))).toBe('malformed');
  });

  it('comes to an end', () => {
    const chain = (length: number): Bytes => (length === 0 ? tcp() : ah(51, chain(length - 1)));
    expect(reasonOf(LINK_RAW, ipv4(chain(20), { protocol: 51 }))).toBe('too-deep');
  });
});
