import { describe, expect, it } from 'vitest';
import { hex, ipv4, reasonOf, segmentOf, tcp, u16, zeros } from './made-packets.ts';

const LINK_NFLOG = 239;
const packet = ipv4(tcp('hello'));
const length = 4 + packet.length;

describe('NFLOG', () => {
  it('has the packet in one of its attributes, in the byte order of the machine', () => {
    const little = [
      ...hex('0200 0005 0800 0100 08000101 0500 0a00 00 000000'),
      ...[length, 0],
      ...hex('0900'),
      ...packet,
    ];
    expect(segmentOf(LINK_NFLOG, little)).toMatchObject({ payload: 'hello', nesting: [] });
    const big = [...hex('0200 0005 0008 0001 08000101'), ...u16(length), ...hex('0009'), ...packet];
    expect(segmentOf(LINK_NFLOG, big).payload).toBe('hello');
  });

  it('without a packet gives nothing', () => {
    expect(reasonOf(LINK_NFLOG, [...hex('0200 0005'), ...zeros(8)])).toBe('malformed');
    expect(reasonOf(LINK_NFLOG, hex('0200 0005 0800 0100 08000101'))).toBe('malformed');
    expect(reasonOf(LINK_NFLOG, hex('0200 0005 0800 0100 08000101'), 200)).toBe('header-cut');
  });
});
