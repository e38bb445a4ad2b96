import { describe, expect, it } from 'vitest';
import { type Bytes, hex, ipv4, ipv6, reasonOf, segmentOf, tcp, u16, vlan } from './made-packets.ts';

const LINK_SLL = 113;
const LINK_SLL2 = 276;

const sll = (type: number, payload: Bytes, hardware = 1): Bytes => [
  ...u16(0),
  ...u16(hardware),
  ...hex('0006 020000000001 0000'),
  ...u16(type),
  ...payload,
];

const sll2 = (type: number, payload: Bytes, hardware = 1): Bytes => [
  ...u16(type),
  ...hex('0000 00000003'),
  ...u16(hardware),
  ...hex('0006 020000000001 0000'),
  ...payload,
];

describe.each([
  [LINK_SLL, sll],
  [LINK_SLL2, sll2],
] as const)('Linux cooked captures, link type %d', (linkType, cooked) => {
  it('have IP of both versions', () => {
    expect(segmentOf(linkType, cooked(0x0800, ipv4(tcp('hello')))).payload).toBe('hello');
    expect(segmentOf(linkType, cooked(0x86dd, ipv6(tcp('hello')))).payload).toBe('hello');
  });

  it('have VLAN tags and LLC', () => {
    expect(segmentOf(linkType, cooked(0x8100, vlan(9, 0x0800, ipv4(tcp())))).nesting).toEqual(['vlan 9']);
    expect(
      segmentOf(linkType, cooked(4, [...hex('aaaa03 000000 0800'), ...ipv4(tcp('hello'))])).payload,
    ).toBe('hello');
  });

  it('are no IP on a netlink monitor or a CAN bus', () => {
    expect(reasonOf(linkType, cooked(0x0800, ipv4(tcp()), 824))).toBe('not-ip');
    expect(reasonOf(linkType, cooked(0x000c, ipv4(tcp())))).toBe('not-ip');
  });

  it('that are cut give nothing', () => {
    expect(reasonOf(linkType, cooked(0x0800, []).slice(0, 15), 100)).toBe('header-cut');
  });
});
