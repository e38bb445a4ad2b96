import { describe, expect, it } from 'vitest';
import { MAX_VLAN_TAGS } from '../../src/wire/ether-type.ts';
import {
  type Bytes,
  ethernet,
  ipv4,
  ipv6,
  LINK_ETHERNET,
  reasonOf,
  segmentOf,
  tcp,
  vlan,
} from './made-packets.ts';

describe('VLAN tags', () => {
  it('are named outermost first, whatever their type', () => {
    const customer = vlan(7, 0x9100, vlan(42, 0x0800, ipv4(tcp())));
    expect(segmentOf(LINK_ETHERNET, ethernet(0x88a8, vlan(4094, 0x8100, customer))).nesting).toEqual([
      'vlan 4094',
      'vlan 7',
      'vlan 42',
    ]);
  });

  it('carry IPv6 as well', () => {
    expect(segmentOf(LINK_ETHERNET, ethernet(0x8100, vlan(1, 0x86dd, ipv6(tcp())))).endpoints).toBe(
      '2001:db8::1:50000 > 2001:db8::2:22',
    );
  });

  it('come to an end', () => {
    const tagged = (tags: number): Bytes =>
      tags === 0 ? ipv4(tcp()) : vlan(tags, tags === 1 ? 0x0800 : 0x8100, tagged(tags - 1));
    expect(segmentOf(LINK_ETHERNET, ethernet(0x8100, tagged(MAX_VLAN_TAGS))).nesting).toHaveLength(
      MAX_VLAN_TAGS,
    );
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8100, tagged(MAX_VLAN_TAGS + 1)))).toBe('too-deep');
  });

  it('that are cut give nothing', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8100, [0, 1]), 60)).toBe('header-cut');
  });
});
