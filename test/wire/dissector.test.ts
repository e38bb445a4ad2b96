import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Packet } from '../../src/capture/packet.ts';
import { Dissector, MAX_STEPS } from '../../src/wire/dissector.ts';
import type { Segment } from '../../src/wire/segment.ts';
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
  udp,
  vlan,
  zeros,
} from './made-packets.ts';

describe('the dissector', () => {
  it('finds the innermost segment through everything around it', () => {
    const vxlan = ipv4(udp(4789, [...hex('08000000 00000700'), ...plainPacket('hello')]), {
      protocol: PROTOCOL_UDP,
    });
    const gre = ipv6([...hex('0000 0800'), ...vxlan], { next: 47 });
    const frame = ethernet(0x8100, vlan(42, 0x8847, [...hex('00064140'), ...gre]));
    expect(dissect(LINK_ETHERNET, [frame]).segments).toMatchObject([
      { payload: 'hello', nesting: ['vlan 42', 'mpls 100', 'gre', 'vxlan 7'] },
    ]);
  });

  it('hands on what is at hand, and counts the rest by reason', () => {
    const { segments, dissector } = dissect(
      LINK_RAW,
      [
        ipv4(tcp('a')),
        ipv4(tcp('b', { to: 443 })),
        ipv4(udp(53, []), { protocol: PROTOCOL_UDP }),
        ipv4(tcp('c', { to: 80 })),
      ],
      { ports: [22] },
    );
    expect(segments.map((segment) => segment.payload)).toEqual(['a']);
    expect(dissector.skippedPackets()).toEqual({ 'other-port': 2, 'not-tcp': 1 });
    expect(dissector.anomalies).toEqual({});
  });

  it('reuses its segment and shares the nestings', () => {
    const seen: Segment[] = [];
    const nestings: (readonly string[])[] = [];
    const dissector = new Dissector(
      {
        segment(segment) {
          seen.push(segment);
          nestings.push(segment.nesting);
        },
        icmpError() {},
        neighbour() {},
      },
      { ports: [22], anyPort: false },
    );
    const packet = new Packet();
    packet.linkType = LINK_ETHERNET;
    packet.bytes = new Uint8Array(ethernet(0x8100, vlan(42, 0x0800, ipv4(tcp('hello')))));
    packet.capturedLength = packet.originalLength = packet.bytes.length;
    dissector.packet(packet);
    dissector.packet(packet);
    expect(seen[0]).toBe(seen[1]);
    expect(nestings[0]).toBe(nestings[1]);
    expect(seen[0]?.bytes).toBe(packet.bytes);
  });

  it('has a limit on its steps', () => {
    const ppi = Array.from({ length: MAX_STEPS + 1 }, () => hex('00 00 0800 c0000000')).flat();
    expect(dissect(192, [ppi]).dissector.skippedPackets()).toEqual({ 'too-deep': 1 });
  });

  it('takes a record that states a gigantic packet', () => {
    const packet = { bytes: ipv4(tcp('hello'), { totalLength: 0 }), originalLength: 0xffffffff };
    const [segment] = dissect(LINK_RAW, [packet]).segments;
    expect(segment?.payloadLength).toBeLessThan(0x7fffffff);
  });
});

/** One for each decoder, so that what is made of them by chance gets everywhere. */
const SEEDS: readonly (readonly [number, Bytes])[] = [
  [LINK_ETHERNET, plainPacket('hello', { options: hex('020405b4 01010402'), flags: 2 })],
  [LINK_ETHERNET, ethernet(0x88a8, vlan(1, 0x8100, vlan(2, 0x86dd, ipv6(tcp('hello')))))],
  [LINK_ETHERNET, ethernet(0x8847, [...hex('00064040 00065140'), ...zeros(4), ...plainPacket()])],
  [LINK_ETHERNET, ethernet(0x8864, [...hex('1100 0007 002f 0021'), ...ipv4(tcp('hello'))])],
  [LINK_ETHERNET, ethernet(0x88e7, [...hex('00000007'), ...plainPacket()])],
  [LINK_ETHERNET, ethernet(53, [...hex('aaaa03 000000 0800'), ...ipv4(tcp('hello'))])],
  [LINK_ETHERNET, ethernet(0x0806, hex('0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002'))],
  [LINK_RAW, ipv4([...hex('b000 6558 00000000 00000007 00000001'), ...plainPacket()], { protocol: 47 })],
  [LINK_RAW, ipv4([...hex('1000 22eb 00000001 20640005 00000000 0000 0001'), ...zeros(8)], { protocol: 47 })],
  [LINK_RAW, ipv4([...hex('3081 880b 0031 0042 00000001 00000001 0021'), ...ipv4(tcp())], { protocol: 47 })],
  [LINK_RAW, ipv4(udp(4789, [...hex('08000000 00000700'), ...plainPacket()]), { protocol: PROTOCOL_UDP })],
  [
    LINK_RAW,
    ipv4(udp(6081, [...hex('0100 6558 00000700 00000000'), ...plainPacket()]), { protocol: PROTOCOL_UDP }),
  ],
  [
    LINK_RAW,
    ipv4(udp(2152, [...hex('34ff 0040 00000007 00000085 01000000'), ...ipv4(tcp())]), {
      protocol: PROTOCOL_UDP,
    }),
  ],
  [
    LINK_RAW,
    ipv4([...hex('0304 0000 0000 0578'), ...ipv4(tcp())], {
      protocol: 1,
      options: hex('830b0c 0a090909 c6336407 00'),
    }),
  ],
  [
    LINK_RAW,
    ipv6([...hex('0200 0000 00000500'), ...ipv6([6, 0, 1, 4, ...zeros(4), ...tcp()], { next: 60 })], {
      next: 58,
    }),
  ],
  [LINK_RAW, ipv6([...hex('8700 0000 00000000'), ...zeros(16)], { next: 58, hopLimit: 255 })],
  [LINK_RAW, ipv6([43, 0, 0xc2, 4, ...zeros(4), 6, 2, 4, 1, ...zeros(20), ...tcp()], { next: 0 })],
  [LINK_RAW, ipv6([6, 0, 0, 1, ...zeros(4), ...tcp('1234')], { next: 44 })],
  [LINK_RAW, ipv4(tcp('1234'), { moreFragments: true })],
  [LINK_RAW, ipv4([6, 4, ...zeros(22), ...ipv4(tcp())], { protocol: 51 })],
  [9, [...hex('ff03 0281 00064140'), ...ipv4(tcp())]],
  [
    127,
    [
      ...hex('00 00 1900 030000a0 00000000 00000000 0000000000000000 30 8881 0000'),
      ...zeros(30),
      ...hex('aaaa03 000000 0800'),
      ...ipv4(tcp()),
    ],
  ],
  [
    105,
    [
      ...hex('8803 0000'),
      ...zeros(26),
      ...hex('8000'),
      ...zeros(12),
      ...hex('0030 aaaa03 000000 0800'),
      ...ipv4(tcp()),
    ],
  ],
  [113, [...zeros(2), 0, 1, 0, 6, ...zeros(8), 8, 0, ...ipv4(tcp())]],
  [276, [8, 0, ...zeros(6), 0, 1, 0, 6, ...zeros(8), ...ipv4(tcp())]],
  [239, [...hex('0200 0005 0800 0100 08000101 2c000900'), ...ipv4(tcp())]],
];

describe('hostile bytes', () => {
  const linkTypes = [0, 1, 9, 10, 50, 51, 101, 104, 105, 108, 113, 127, 149, 192, 228, 229, 239, 258, 276];

  it('at random neither throw nor let the dissector read beyond the packet', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(fc.constantFrom(...linkTypes), bytes, fc.nat(300), (linkType, some, cut) => {
        expectSound(linkType, [...some], some.length + cut);
      }),
      { numRuns: 2000 },
    );
  });

  it('made from real packets neither throw nor let the dissector read beyond the packet', () => {
    const changes = fc.array(
      fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 255, 1, 4, 6, 51))),
      {
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...SEEDS),
        changes,
        fc.option(fc.nat(), { nil: undefined }),
        ([linkType, seed], changed, length) => {
          const bytes = [...seed];
          for (const [at, value] of changed) bytes[at % bytes.length] = value;
          const captured = length === undefined ? bytes.length : length % (bytes.length + 1);
          expectSound(linkType, bytes.slice(0, captured), bytes.length);
        },
      ),
      { numRuns: 5000 },
    );
  });

  /** What is handed on lies within the packet, and says the same whatever surrounds the packet. */
  function expectSound(linkType: number, bytes: Bytes, originalLength: number): void {
    const packets = [{ bytes, originalLength }];
    const one = dissect(linkType, packets, {}, 0x00);
    const other = dissect(linkType, packets, {}, 0xff);
    expect(one.segments).toEqual(other.segments);
    expect(one.icmpErrors).toEqual(other.icmpErrors);
    expect(one.neighbours).toEqual(other.neighbours);
    expect(one.dissector.skippedPackets()).toEqual(other.dissector.skippedPackets());
    for (const segment of one.segments) {
      expect(segment.payload.length).toBeLessThanOrEqual(segment.payloadLength);
      expect(segment.payload.length + segment.options.length / 2).toBeLessThanOrEqual(bytes.length);
    }
  }
});
