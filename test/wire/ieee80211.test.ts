import { describe, expect, it } from 'vitest';
import { type Bytes, hex, ipv4, reasonOf, segmentOf, tcp, zeros } from './made-packets.ts';

const LINK_80211 = 105;
const snapPacket = [...hex('aaaa03 000000 0800'), ...ipv4(tcp('hello'))];

/** Addresses and sequence control behind frame control. */
const frame = (control: string, extra: Bytes = [], sequence = '1000'): Bytes => [
  ...hex(control),
  ...hex('0000'),
  ...zeros(18),
  ...hex(sequence),
  ...extra,
];

describe('802.11', () => {
  it('has data frames', () => {
    expect(segmentOf(LINK_80211, [...frame('0801'), ...snapPacket]).payload).toBe('hello');
  });

  it('has four addresses between access points', () => {
    expect(segmentOf(LINK_80211, [...frame('0803', zeros(6)), ...snapPacket]).payload).toBe('hello');
  });

  it('has quality of service, and high throughput control with it', () => {
    expect(segmentOf(LINK_80211, [...frame('8801', zeros(2)), ...snapPacket]).payload).toBe('hello');
    expect(segmentOf(LINK_80211, [...frame('8881', zeros(6)), ...snapPacket]).payload).toBe('hello');
  });

  it('keeps protected frames to itself', () => {
    expect(reasonOf(LINK_80211, [...frame('0841'), ...snapPacket])).toBe('encrypted');
  });

  it('has frames for itself', () => {
    expect(reasonOf(LINK_80211, frame('8000'))).toBe('link-control');
    expect(reasonOf(LINK_80211, hex('d400 0000 020000000001'))).toBe('link-control');
    expect(reasonOf(LINK_80211, frame('4801'))).toBe('link-control');
  });

  it('has fragments, which are not put together', () => {
    expect(reasonOf(LINK_80211, [...frame('0805'), ...snapPacket])).toBe('fragment-incomplete');
    expect(reasonOf(LINK_80211, [...frame('0801', [], '1100'), ...snapPacket])).toBe('fragment-incomplete');
  });

  it('that is cut gives nothing', () => {
    expect(reasonOf(LINK_80211, frame('8801'), 100)).toBe('header-cut');
    expect(reasonOf(LINK_80211, [0x08], 100)).toBe('header-cut');
  });
});
