import { describe, expect, it } from 'vitest';
import { MAX_LABELS } from '../../src/wire/mpls.ts';
import {
  type Bytes,
  ethernet,
  ipv4,
  ipv6,
  LINK_ETHERNET,
  plainPacket,
  reasonOf,
  segmentOf,
  tcp,
  u32,
  zeros,
} from './made-packets.ts';

const labelled = (labels: readonly number[], payload: Bytes): Bytes => [
  ...labels.flatMap((label, index) => u32((label << 12) | (index === labels.length - 1 ? 0x100 : 0) | 64)),
  ...payload,
];

const nestingOf = (payload: Bytes): readonly string[] =>
  segmentOf(LINK_ETHERNET, ethernet(0x8847, payload)).nesting;

describe('MPLS', () => {
  it('carries IP behind the bottom of its stack', () => {
    expect(nestingOf(labelled([100, 1048575], ipv4(tcp())))).toEqual(['mpls 100', 'mpls 1048575']);
    expect(nestingOf(labelled([2], ipv6(tcp())))).toEqual(['mpls 2']);
  });

  it('carries Ethernet behind a control word', () => {
    expect(nestingOf(labelled([16], [...zeros(4), ...plainPacket()]))).toEqual(['mpls 16', 'pseudowire']);
  });

  it('carries Ethernet without a control word, also to addresses that begin like an IP header', () => {
    expect(nestingOf(labelled([16], plainPacket()))).toEqual(['mpls 16', 'pseudowire']);
    const looksLikeIpv6 = [0x60, ...plainPacket().slice(1)];
    expect(nestingOf(labelled([16], looksLikeIpv6))).toEqual(['mpls 16', 'pseudowire']);
    const looksLikeIpv4 = [0x45, 0, 0xff, 0xff, ...plainPacket().slice(4)];
    expect(nestingOf(labelled([16], looksLikeIpv4))).toEqual(['mpls 16', 'pseudowire']);
  });

  it('has a channel for its own management', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8847, labelled([16], [0x10, 0, 0, 0x21, ...zeros(40)])))).toBe(
      'link-control',
    );
  });

  it('gives up a stack without end', () => {
    const labels = new Array<number>(MAX_LABELS + 1).fill(16);
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8847, labelled(labels, ipv4(tcp()))))).toBe('too-deep');
    expect(reasonOf(LINK_ETHERNET, ethernet(0x8847, zeros(8)))).toBe('malformed');
  });
});
