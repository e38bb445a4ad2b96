import { describe, expect, it } from 'vitest';
import { ethernet, hex, ipv4, LINK_ETHERNET, reasonOf, segmentOf, tcp, vlan, zeros } from './made-packets.ts';

const snap = hex('aaaa03 000000 0800');

describe('802.2 LLC', () => {
  it('with SNAP carries IP in frames that have a length', () => {
    const payload = [...snap, ...ipv4(tcp('hello'))];
    const frame = [...ethernet(payload.length, payload), ...zeros(4)];
    expect(segmentOf(LINK_ETHERNET, frame).payload).toBe('hello');
  });

  it('stands behind a VLAN tag as well', () => {
    const payload = [...snap, ...ipv4(tcp())];
    expect(segmentOf(LINK_ETHERNET, ethernet(0x8100, vlan(5, payload.length, payload))).nesting).toEqual([
      'vlan 5',
    ]);
  });

  it('has a service access point for IP itself', () => {
    const payload = [...hex('060603'), ...ipv4(tcp('hello'))];
    expect(segmentOf(LINK_ETHERNET, ethernet(payload.length, payload)).payload).toBe('hello');
  });

  it('carries much that is no IP', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(38, [...hex('424203'), ...zeros(35)]))).toBe('link-control');
    expect(reasonOf(LINK_ETHERNET, ethernet(38, [...hex('e0e003'), ...zeros(35)]))).toBe('not-ip');
    expect(reasonOf(LINK_ETHERNET, ethernet(38, [...hex('aaaa03 00000c 2000'), ...zeros(30)]))).toBe(
      'link-control',
    );
    expect(reasonOf(LINK_ETHERNET, ethernet(38, [...hex('aaaa03 080007 809b'), ...zeros(30)]))).toBe(
      'not-ip',
    );
  });

  it('ends where its length says', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(5, [...snap, ...ipv4(tcp())]))).toBe('malformed');
  });
});
