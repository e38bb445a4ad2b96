import { describe, expect, it } from 'vitest';
import {
  addressBytes,
  type Bytes,
  dissect,
  ethernet,
  hex,
  LINK_ETHERNET,
  reasonOf,
  u16,
  vlan,
} from './made-packets.ts';

const arp = (operation: number, sender: string, target: string): Bytes => [
  ...hex('0001 0800 06 04'),
  ...u16(operation),
  ...hex('020000000001'),
  ...addressBytes(sender),
  ...hex('000000000000'),
  ...addressBytes(target),
];

const seen = (message: Bytes) => dissect(LINK_ETHERNET, [ethernet(0x0806, message)]).neighbours[0];

describe('ARP', () => {
  it('asks for an address', () => {
    expect(seen(arp(1, '10.0.0.1', '10.0.0.2'))).toEqual({
      packetNumber: 1,
      kind: 'request',
      address: '10.0.0.2',
      asker: '10.0.0.1',
    });
    expect(seen(arp(1, '0.0.0.0', '10.0.0.2'))).toMatchObject({ kind: 'request', address: '10.0.0.2' });
  });

  it('answers, or announces without being asked', () => {
    expect(seen(arp(2, '10.0.0.2', '10.0.0.1'))).toMatchObject({ kind: 'reply', address: '10.0.0.2' });
    expect(seen(arp(1, '10.0.0.2', '10.0.0.2'))).toMatchObject({ kind: 'reply', address: '10.0.0.2' });
  });

  it('in a VLAN is ARP as well', () => {
    const frame = ethernet(0x8100, vlan(3, 0x0806, arp(1, '10.0.0.1', '10.0.0.2')));
    expect(dissect(LINK_ETHERNET, [frame]).neighbours).toHaveLength(1);
  });

  it('for other protocols, of other operations or cut, says nothing', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(0x0806, arp(8, '10.0.0.1', '10.0.0.2')))).toBe('not-ip');
    expect(reasonOf(LINK_ETHERNET, ethernet(0x0806, hex('0001 809b 06 04 0001')))).toBe('not-ip');
    const whole = ethernet(0x0806, arp(1, '10.0.0.1', '10.0.0.2'));
    expect(reasonOf(LINK_ETHERNET, whole.slice(0, -1), whole.length)).toBe('header-cut');
    const hugeLink = ethernet(0x0806, hex('0001 0800 ff 04 0001 0000'));
    expect(reasonOf(LINK_ETHERNET, hugeLink)).toBe('malformed');
  });
});
