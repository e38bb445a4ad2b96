import { describe, expect, it } from 'vitest';
import { ethernet, hex, ipv4, LINK_ETHERNET, reasonOf, segmentOf, tcp, vlan } from './made-packets.ts';

describe('tags of port extenders', () => {
  it('are skipped: VN-Tag', () => {
    const frame = ethernet(0x8926, [...hex('00000033 8100'), ...vlan(250, 0x0800, ipv4(tcp()))]);
    expect(segmentOf(LINK_ETHERNET, frame).nesting).toEqual(['vntag', 'vlan 250']);
  });

  it('are skipped: E-TAG', () => {
    const frame = ethernet(0x893f, [...hex('000010000000 0800'), ...ipv4(tcp())]);
    expect(segmentOf(LINK_ETHERNET, frame).nesting).toEqual(['etag']);
  });

  it('that are cut give nothing', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8926, hex('00000033 08')), 60)).toBe('header-cut');
  });
});
