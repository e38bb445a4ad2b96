import { describe, expect, it } from 'vitest';
import { ethernet, hex, ipv4, LINK_ETHERNET, reasonOf, segmentOf, tcp } from './made-packets.ts';

describe('Cisco metadata', () => {
  it('with a security group tag is skipped', () => {
    const frame = ethernet(0x8909, [...hex('0101 0001 0007 0800'), ...ipv4(tcp('hello'))]);
    expect(segmentOf(LINK_ETHERNET, frame)).toMatchObject({ payload: 'hello', nesting: [] });
  });

  it('of an unknown form gives nothing', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8909, hex('0201 0001 0007 0800')))).toBe('not-ip');
  });
});
