import { describe, expect, it } from 'vitest';
import {
  type Bytes,
  dissect,
  hex,
  ipv4,
  ipv6,
  LINK_RAW,
  reasonOf,
  tcp,
  u16,
  u32,
  zeros,
} from './made-packets.ts';

const sent = tcp('', { from: 50_000, to: 22, sequence: 0x12345678 });
const quoted4 = ipv4(sent, { from: '10.0.0.1', to: '192.0.2.9' });
const quoted6 = ipv6(sent, { from: '2001:db8::1', to: '2001:db8::9' });

const icmp = (type: number, code: number, rest: Bytes, quote: Bytes): Bytes =>
  ipv4([type, code, 0, 0, ...rest, ...quote], {
    protocol: 1,
    from: '198.51.100.254',
    to: '10.0.0.1',
    timeToLive: 61,
  });

const icmpv6 = (type: number, code: number, rest: Bytes, quote: Bytes): Bytes =>
  ipv6([type, code, 0, 0, ...rest, ...quote], {
    next: 58,
    from: '2001:db8::fe',
    to: '2001:db8::1',
    hopLimit: 61,
  });

describe('an ICMP error', () => {
  it('gives its reporter and the segment that it quotes', () => {
    expect(dissect(LINK_RAW, [icmp(3, 13, zeros(4), quoted4)]).icmpErrors).toEqual([
      {
        packetNumber: 1,
        reporter: '198.51.100.254',
        type: 3,
        code: 13,
        hopLimit: 61,
        mtu: 0,
        endpoints: '10.0.0.1:50000 > 192.0.2.9:22',
        sequence: 0x12345678,
      },
    ]);
  });

  it('needs no more than eight bytes of the segment', () => {
    expect(dissect(LINK_RAW, [icmp(11, 0, zeros(4), quoted4.slice(0, 28))]).icmpErrors).toMatchObject([
      { type: 11, endpoints: '10.0.0.1:50000 > 192.0.2.9:22', sequence: 0x12345678 },
    ]);
    expect(reasonOf(LINK_RAW, icmp(11, 0, zeros(4), quoted4.slice(0, 27)))).toBe('malformed');
    const whole = icmp(11, 0, zeros(4), quoted4);
    expect(reasonOf(LINK_RAW, whole.slice(0, 20 + 8 + 24), whole.length)).toBe('header-cut');
  });

  it('tells the next hop its MTU only where it says that fragmentation is needed', () => {
    const rest = [...u16(0xdead), ...u16(1400)];
    const errors = dissect(LINK_RAW, [icmp(3, 4, rest, quoted4), icmp(3, 3, rest, quoted4)]).icmpErrors;
    expect(errors.map((error) => error.mtu)).toEqual([1400, 0]);
  });

  it('may quote a header with options', () => {
    const quote = ipv4(sent, { options: hex('01010101') });
    expect(dissect(LINK_RAW, [icmp(3, 1, zeros(4), quote)]).icmpErrors).toMatchObject([
      { sequence: 0x12345678 },
    ]);
  });

  it('is only of interest for watched ports', () => {
    const { icmpErrors, dissector } = dissect(LINK_RAW, [icmp(3, 3, zeros(4), quoted4)], { ports: [2222] });
    expect(icmpErrors).toEqual([]);
    expect(dissector.skippedPackets()).toEqual({ 'other-port': 1 });
  });

  it('is neither an echo, a redirect nor an error about something else', () => {
    for (const type of [0, 4, 5, 8])
      expect(reasonOf(LINK_RAW, icmp(type, 0, zeros(4), quoted4))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, icmp(3, 3, zeros(4), ipv4(sent, { protocol: 17 })))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, icmp(3, 3, zeros(4), ipv4(sent, { fragmentOffset: 1480 })))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, icmp(3, 3, zeros(4), quoted6))).toBe('malformed');
    expect(reasonOf(LINK_RAW, icmp(3, 3, zeros(4), []))).toBe('malformed');
  });

  it('inside a tunnel comes from the inner reporter', () => {
    const outer = ipv4(icmp(3, 1, zeros(4), quoted4), { protocol: 4, from: '172.16.0.1', timeToLive: 9 });
    expect(dissect(LINK_RAW, [outer]).icmpErrors).toMatchObject([
      { reporter: '198.51.100.254', hopLimit: 61 },
    ]);
  });
});

describe('an ICMPv6 error', () => {
  it('gives its reporter and the segment that it quotes', () => {
    expect(dissect(LINK_RAW, [icmpv6(1, 4, zeros(4), quoted6)]).icmpErrors).toEqual([
      {
        packetNumber: 1,
        reporter: '2001:db8::fe',
        type: 1,
        code: 4,
        hopLimit: 61,
        mtu: 0,
        endpoints: '2001:db8::1:50000 > 2001:db8::9:22',
        sequence: 0x12345678,
      },
    ]);
  });

  it('tells the MTU when a packet was too big', () => {
    expect(dissect(LINK_RAW, [icmpv6(2, 0, u32(1280), quoted6)]).icmpErrors).toMatchObject([
      { type: 2, mtu: 1280 },
    ]);
  });

  it('may quote extension headers', () => {
    const fragment = [6, 0, ...u16(1), ...u32(5), ...sent];
    const options = [44, 1, 1, 12, ...zeros(12), ...fragment];
    const quote = ipv6(options, { next: 60 });
    expect(dissect(LINK_RAW, [icmpv6(3, 1, zeros(4), quote)]).icmpErrors).toMatchObject([
      { sequence: 0x12345678 },
    ]);
    const later = ipv6([6, 0, ...u16(1480), ...u32(5), ...sent], { next: 44 });
    expect(reasonOf(LINK_RAW, icmpv6(3, 1, zeros(4), later))).toBe('not-tcp');
    const endless = ipv6(Array.from({ length: 60 }, () => [60, 0, ...zeros(6)]).flat(), { next: 60 });
    expect(reasonOf(LINK_RAW, icmpv6(3, 1, zeros(4), endless))).toBe('too-deep');
    expect(reasonOf(LINK_RAW, icmpv6(3, 1, zeros(4), ipv6([], { next: 60 })))).toBe('malformed');
  });

  it('is no echo', () => {
    expect(reasonOf(LINK_RAW, icmpv6(128, 0, zeros(4), quoted6))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, icmpv6(1, 0, zeros(4), quoted4))).toBe('malformed');
  });
});
