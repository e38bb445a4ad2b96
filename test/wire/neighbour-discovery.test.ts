import { describe, expect, it } from 'vitest';
import { addressBytes, type Bytes, dissect, ipv6, LINK_RAW, reasonOf, zeros } from './made-packets.ts';

const message = (type: number, target: string, hopLimit = 255): Bytes =>
  ipv6([type, 0, 0, 0, ...zeros(4), ...addressBytes(target)], { next: 58, hopLimit });

describe('neighbour discovery', () => {
  it('asks for an address and answers', () => {
    expect(
      dissect(LINK_RAW, [message(135, 'fe80::1'), message(136, '2001:db8:1:2:3:4:5:6')]).neighbours,
    ).toEqual([
      { packetNumber: 1, kind: 'request', address: 'fe80::1', asker: '2001:db8::1' },
      { packetNumber: 2, kind: 'reply', address: '2001:db8:1:2:3:4:5:6' },
    ]);
  });

  it('from beyond a router is a forgery', () => {
    expect(reasonOf(LINK_RAW, message(136, 'fe80::1', 254))).toBe('malformed');
  });

  it('that is cut says nothing', () => {
    const whole = message(136, 'fe80::1');
    expect(reasonOf(LINK_RAW, whole.slice(0, -1), whole.length)).toBe('header-cut');
  });
});
