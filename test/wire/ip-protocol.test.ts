import { describe, expect, it } from 'vitest';
import { MAX_TUNNELS } from '../../src/wire/cursor.ts';
import {
  type Bytes,
  hex,
  ipv4,
  ipv6,
  LINK_RAW,
  plainPacket,
  reasonOf,
  segmentOf,
  tcp,
  zeros,
} from './made-packets.ts';

const nestingOf = (packet: Bytes): readonly string[] => segmentOf(LINK_RAW, packet).nesting;

describe('IP in IP', () => {
  it('gives the inner packet, in all four ways', () => {
    expect(nestingOf(ipv4(ipv4(tcp()), { protocol: 4 }))).toEqual(['ipip']);
    expect(nestingOf(ipv4(ipv6(tcp()), { protocol: 41 }))).toEqual(['6in4']);
    expect(nestingOf(ipv6(ipv4(tcp()), { next: 4 }))).toEqual(['4in6']);
    expect(nestingOf(ipv6(ipv6(tcp()), { next: 41 }))).toEqual(['6in6']);
  });

  it('has a limit on its depth', () => {
    const tunnelled = (tunnels: number): Bytes =>
      tunnels === 0 ? ipv4(tcp()) : ipv4(tunnelled(tunnels - 1), { protocol: 4 });
    expect(nestingOf(tunnelled(MAX_TUNNELS))).toHaveLength(MAX_TUNNELS);
    expect(reasonOf(LINK_RAW, tunnelled(MAX_TUNNELS + 1))).toBe('too-deep');
  });

  it('may have MPLS or Ethernet between', () => {
    expect(nestingOf(ipv4([...hex('00010140'), ...ipv4(tcp())], { protocol: 137 }))).toEqual([
      'mplsip',
      'mpls 16',
    ]);
    expect(nestingOf(ipv4([...hex('3000'), ...plainPacket()], { protocol: 97 }))).toEqual(['etherip']);
  });
});

describe('IP', () => {
  it('says of what else it carries why it gives nothing', () => {
    expect(reasonOf(LINK_RAW, ipv4(zeros(40), { protocol: 50 }))).toBe('encrypted');
    expect(reasonOf(LINK_RAW, ipv4(zeros(40), { protocol: 132 }))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, ipv4(zeros(40), { protocol: 60 }))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, ipv4(zeros(40), { protocol: 58 }))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, ipv6(zeros(40), { next: 1 }))).toBe('not-tcp');
  });
});
