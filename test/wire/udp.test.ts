import { describe, expect, it } from 'vitest';
import {
  hex,
  ipv4,
  LINK_RAW,
  PROTOCOL_UDP,
  plainPacket,
  reasonOf,
  segmentOf,
  tcp,
  udp,
  zeros,
} from './made-packets.ts';

const vxlan = [...hex('08000000 00000700'), ...plainPacket('hello')];

describe('UDP', () => {
  it('carries tunnels to their ports', () => {
    for (const port of [4789, 8472])
      expect(segmentOf(LINK_RAW, ipv4(udp(port, vxlan), { protocol: PROTOCOL_UDP })).nesting).toEqual([
        'vxlan 7',
      ]);
    const gre = [...hex('0000 0800'), ...ipv4(tcp())];
    expect(segmentOf(LINK_RAW, ipv4(udp(4754, gre), { protocol: PROTOCOL_UDP })).nesting).toEqual(['gre']);
    const mpls = [...hex('00010140'), ...ipv4(tcp())];
    expect(segmentOf(LINK_RAW, ipv4(udp(6635, mpls), { protocol: PROTOCOL_UDP })).nesting).toEqual([
      'mplsudp',
      'mpls 16',
    ]);
  });

  it('to other ports is not followed', () => {
    expect(reasonOf(LINK_RAW, ipv4(udp(53, vxlan), { protocol: PROTOCOL_UDP }))).toBe('not-tcp');
  });

  it('ends where its length says, if it says one', () => {
    expect(reasonOf(LINK_RAW, ipv4(udp(4789, vxlan, 40), { protocol: PROTOCOL_UDP }))).toBe('malformed');
    expect(reasonOf(LINK_RAW, ipv4(udp(4789, vxlan, 7), { protocol: PROTOCOL_UDP }))).toBe('malformed');
    expect(segmentOf(LINK_RAW, ipv4(udp(4789, vxlan, 0), { protocol: PROTOCOL_UDP })).payload).toBe('hello');
    expect(reasonOf(LINK_RAW, ipv4(zeros(7), { protocol: PROTOCOL_UDP }))).toBe('malformed');
  });
});
