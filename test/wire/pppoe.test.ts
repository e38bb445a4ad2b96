import { describe, expect, it } from 'vitest';
import {
  type Bytes,
  ethernet,
  hex,
  ipv4,
  LINK_ETHERNET,
  reasonOf,
  segmentOf,
  tcp,
  u16,
  zeros,
} from './made-packets.ts';

const LINK_PPP_ETHER = 51;

const session = (id: number, ppp: Bytes, length = ppp.length): Bytes => [
  ...hex('1100'),
  ...u16(id),
  ...u16(length),
  ...ppp,
];

describe('PPPoE', () => {
  it('names its session and leaves out what follows its length', () => {
    const frame = [...ethernet(0x8864, session(7, [0, 0x21, ...ipv4(tcp('hello'))])), ...zeros(9)];
    expect(segmentOf(LINK_ETHERNET, frame)).toMatchObject({ payload: 'hello', nesting: ['pppoe 7'] });
  });

  it('is a link type of its own', () => {
    expect(segmentOf(LINK_PPP_ETHER, session(7, [0, 0x21, ...ipv4(tcp())])).nesting).toEqual(['pppoe 7']);
  });

  it('is believed when the IP header claims the padding as well', () => {
    const padded = ipv4([...tcp(), ...zeros(6)]);
    const frame = ethernet(0x8864, session(7, [0, 0x21, ...padded], 2 + padded.length - 6));
    expect(segmentOf(LINK_ETHERNET, frame).payloadLength).toBe(0);
  });

  it('is built up with frames of its own', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8863, zeros(46)))).toBe('link-control');
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8864, session(7, [0xc0, 0x21, ...zeros(10)])))).toBe(
      'link-control',
    );
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8864, [0x11, 0x09, ...zeros(46)]))).toBe('link-control');
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8864, [0x21, 0x00, ...zeros(46)]))).toBe('malformed');
  });
});
