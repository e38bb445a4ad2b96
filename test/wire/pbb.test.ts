import { describe, expect, it } from 'vitest';
import { ethernet, hex, LINK_ETHERNET, plainPacket, reasonOf, segmentOf, vlan } from './made-packets.ts';

describe('provider backbone bridging', () => {
  it('has a whole frame inside, named by its service instance', () => {
    const customer = [...hex('00abcdef'), ...plainPacket('hello')];
    const frame = ethernet(0x88a8, vlan(100, 0x88e7, customer));
    expect(segmentOf(LINK_ETHERNET, frame)).toMatchObject({
      payload: 'hello',
      nesting: ['vlan 100', `pbb ${0xabcdef}`],
    });
  });

  it('that is cut gives nothing', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(0x88e7, [0, 0]), 60)).toBe('header-cut');
  });
});
