import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Packet } from '../../src/capture/packet.ts';
import { Dissector } from '../../src/wire/dissector.ts';
import { FRAGMENT_TIMEOUT_NS, MAX_DATAGRAMS, MAX_FRAGMENT_BYTES } from '../../src/wire/fragments.ts';
import {
  type Bytes,
  dissect,
  ethernet,
  hex,
  ipv4,
  ipv6,
  LINK_ETHERNET,
  LINK_RAW,
  PROTOCOL_UDP,
  plainPacket,
  tcp,
  u16,
  u32,
  udp,
} from './made-packets.ts';

const text = 'The quick brown fox jumps over the lazy dog, and the dog does not mind at all. '.repeat(3);
const datagram = tcp(text);

/** The bytes [from, to) of a datagram's payload in IPv4. */
const fragment4 = (payload: Bytes, from: number, to: number, id = 7, protocol = 6): Bytes =>
  ipv4(payload.slice(from, to), { id, protocol, fragmentOffset: from, moreFragments: to < payload.length });

const fragment6 = (payload: Bytes, from: number, to: number, next = 6): Bytes =>
  ipv6([next, 0, ...u16(from | (to < payload.length ? 1 : 0)), ...u32(99), ...payload.slice(from, to)], {
    next: 44,
  });

describe('fragments', () => {
  it('make one datagram, handed on with the number and time of the last to come', () => {
    const { segments, dissector } = dissect(LINK_RAW, [
      fragment4(datagram, 0, 80),
      fragment4(datagram, 80, 160),
      { bytes: fragment4(datagram, 160, datagram.length), timeNs: 5e6 },
    ]);
    expect(segments).toMatchObject([
      { payload: text, payloadLength: text.length, packetNumber: 3, timeNs: 5e6, ipId: 7 },
    ]);
    expect(dissector.skippedPackets()).toEqual({});
    expect(dissector.anomalies).toEqual({});
  });

  it('are told of the datagram that they made, and of no packet after it', () => {
    const told: (readonly number[])[] = [];
    const dissector: Dissector = new Dissector(
      {
        segment: () => told.push(dissector.fragments.map(({ packet }) => packet)),
        icmpError: () => {},
        neighbour: () => {},
      },
      { ports: [22], anyPort: false, keepFragments: true },
    );
    const packet = new Packet();
    packet.linkType = LINK_ETHERNET;
    const held = [
      fragment4(datagram, 80, datagram.length),
      ipv4(tcp('whole')),
      fragment4(datagram, 0, 80),
      ipv4(tcp('whole')),
    ].map((bytes) => {
      packet.bytes = Uint8Array.from(ethernet(0x0800, bytes));
      packet.capturedLength = packet.bytes.length;
      packet.originalLength = packet.bytes.length;
      packet.number++;
      dissector.packet(packet);
      return dissector.isHeld;
    });
    expect(told).toEqual([[], [1, 3], []]);
    expect(held).toEqual([true, false, false, false]);
  });

  it('of IPv6 may have extension headers behind the first fragment header', () => {
    const payload = [6, 0, 1, 4, 0, 0, 0, 0, ...datagram];
    const { segments } = dissect(LINK_RAW, [
      fragment6(payload, 80, payload.length, 60),
      fragment6(payload, 0, 80, 60),
    ]);
    expect(segments).toMatchObject([{ payload: text, endpoints: '2001:db8::1:50000 > 2001:db8::2:22' }]);
  });

  it('give the same in any order, doubled and overlapping', () => {
    const piece = fc
      .tuple(fc.nat(30), fc.integer({ min: 1, max: 12 }))
      .map(([from, length]) => [from * 8, Math.min((from + length) * 8, datagram.length)] as const)
      .filter(([from, to]) => from < to);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (extra, random) => {
        const cover = Array.from(
          { length: Math.ceil(datagram.length / 64) },
          (_, index) => [index * 64, Math.min((index + 1) * 64, datagram.length)] as const,
        );
        const pieces = [...extra, ...cover];
        for (let index = pieces.length - 1; index > 0; index -= 1) {
          const other = (random.next().value as number) % (index + 1);
          [pieces[index], pieces[other]] = [
            pieces[other] as (typeof cover)[0],
            pieces[index] as (typeof cover)[0],
          ];
        }
        const packets = pieces.map(([from, to]) => fragment4(datagram, from, to));
        const [segment] = dissect(LINK_RAW, packets).segments;
        expect(segment).toMatchObject({ payload: text, payloadLength: text.length });
      }),
      { numRuns: 200 },
    );
  });

  it('that overlap with other bytes do not change those that came first', () => {
    const forged = tcp('X'.repeat(text.length));
    const { segments, dissector } = dissect(LINK_RAW, [
      fragment4(datagram, 0, 80),
      fragment4(forged, 40, 160),
      fragment4(datagram, 80, 160),
      fragment4(datagram, 160, datagram.length),
    ]);
    expect(segments[0]?.payload).toBe(`${text.slice(0, 60)}${'X'.repeat(80)}${text.slice(140)}`);
    expect(dissector.anomalies).toEqual({ 'fragment-overlap': 1 });
  });

  it('that are copies of others are no oddity', () => {
    const { segments, dissector } = dissect(LINK_RAW, [
      fragment4(datagram, 0, 80),
      fragment4(datagram, 0, 80),
      fragment4(datagram, 80, datagram.length),
    ]);
    expect(segments).toHaveLength(1);
    expect(dissector.anomalies).toEqual({});
  });

  it('of different datagrams do not mix', () => {
    const other = tcp('another');
    const { segments } = dissect(LINK_RAW, [
      fragment4(datagram, 0, 80, 1),
      fragment4(other, 0, 24, 2),
      fragment4(datagram, 80, datagram.length, 1),
      fragment4(other, 24, other.length, 2),
    ]);
    expect(segments.map((segment) => segment.payload)).toEqual([text, 'another']);
  });

  it('carry tunnels', () => {
    const payload = udp(4789, [...hex('08000000 00000700'), ...plainPacket('hello')]);
    const { segments } = dissect(LINK_RAW, [
      fragment4(payload, 0, 40, 7, PROTOCOL_UDP),
      fragment4(payload, 40, payload.length, 7, PROTOCOL_UDP),
    ]);
    expect(segments).toMatchObject([{ payload: 'hello', nesting: ['vxlan 7'] }]);
  });

  it('of what nobody watches are counted as that, in any order', () => {
    const { segments, dissector } = dissect(
      LINK_RAW,
      [
        fragment4(datagram, 80, 160),
        fragment4(datagram, 0, 80),
        fragment4(datagram, 160, datagram.length),
        fragment4(udp(53, datagram), 0, 80, 8, PROTOCOL_UDP),
        fragment4(datagram, 0, 80, 9, 50),
        fragment4(datagram, 0, 80, 9, 132),
      ],
      { ports: [443] },
    );
    expect(segments).toEqual([]);
    expect(dissector.skippedPackets()).toEqual({ 'other-port': 3, 'not-tcp': 2, encrypted: 1 });
  });

  it('whose last one is missing are counted, while they wait and when they are given up', () => {
    const { dissector } = dissect(LINK_RAW, [fragment4(datagram, 0, 80), fragment4(datagram, 80, 160)]);
    expect(dissector.skippedPackets()).toEqual({ 'fragment-incomplete': 2 });
    expect(dissector.anomalies).toEqual({});

    const late = dissect(LINK_RAW, [
      fragment4(datagram, 0, 80),
      { bytes: fragment4(datagram, 80, datagram.length), timeNs: FRAGMENT_TIMEOUT_NS + 1 },
    ]);
    expect(late.segments).toEqual([]);
    expect(late.dissector.skippedPackets()).toEqual({ 'fragment-incomplete': 2 });
    expect(late.dissector.anomalies).toEqual({ 'fragment-timeout': 1 });
  });

  it('that the snap length cut give as much as there is in one piece', () => {
    const whole = fragment4(datagram, 80, datagram.length);
    const { segments } = dissect(LINK_RAW, [
      fragment4(datagram, 0, 80),
      { bytes: whole.slice(0, 20 + 40), originalLength: whole.length },
    ]);
    expect(segments).toMatchObject([{ payload: text.slice(0, 100), payloadLength: text.length }]);
  });

  it('that make no sense are dropped', () => {
    const { dissector } = dissect(LINK_RAW, [
      ipv4(datagram.slice(0, 81), { moreFragments: true }),
      ipv4(datagram, { fragmentOffset: 65_528 }),
      ipv4([], { fragmentOffset: 8 }),
    ]);
    expect(dissector.skippedPackets()).toEqual({ malformed: 3 });
  });

  it('in too many pieces are given up', () => {
    const long = tcp('x'.repeat(4000));
    const packets = Array.from({ length: 200 }, (_, index) =>
      fragment4(long, index * 16 + 8, index * 16 + 16),
    );
    const { dissector } = dissect(LINK_RAW, packets);
    expect(dissector.skippedPackets()).toEqual({ 'fragment-incomplete': 200 });
    expect(dissector.anomalies['fragment-limit']).toBeGreaterThan(0);
  });

  it('of too many datagrams push out the oldest', () => {
    const packets = Array.from({ length: MAX_DATAGRAMS + 2 }, (_, id) => fragment4(datagram, 0, 80, id));
    const { segments, dissector } = dissect(LINK_RAW, [
      ...packets,
      fragment4(datagram, 80, datagram.length, 0),
      fragment4(datagram, 80, datagram.length, MAX_DATAGRAMS),
    ]);
    expect(segments.map((segment) => segment.ipId)).toEqual([MAX_DATAGRAMS]);
    expect(dissector.anomalies).toEqual({ 'fragment-limit': 3 });
  });

  it('stay below their limit of memory', () => {
    const far = Array.from({ length: 200 }, (_, id) =>
      fragment4(tcp('x'.repeat(60_000)), 59_992, 60_000, id),
    );
    const { dissector } = dissect(LINK_RAW, far);
    expect(dissector.anomalies['fragment-limit']).toBeGreaterThanOrEqual(200 - MAX_FRAGMENT_BYTES / 65_536);
    expect(dissector.skippedPackets()).toEqual({ 'fragment-incomplete': 200 });
  });
});
