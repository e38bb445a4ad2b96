import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Packet } from '../../src/capture/packet.ts';
import { PlainTcp } from '../../src/wire/plain-tcp.ts';
import { FIN, PSH, RST, Segment, SYN } from '../../src/wire/segment.ts';
import {
  type Bytes,
  dissect,
  ethernet,
  hex,
  ipv4,
  LINK_ETHERNET,
  plainPacket,
  tcp,
  vlan,
} from './made-packets.ts';

/** The IPv4 packet alone: a way that only the decoders know. */
const LINK_IPV4 = 228;
const ETHERNET_HEADER_LENGTH = 14;

describe('PlainTcp', () => {
  it('takes plain segments and the ports that nobody watches', () => {
    expect(read(plainPacket('hello'))).toBe('segment');
    expect(read(plainPacket('', { flags: PSH, options: hex('0101080a 00000001 00000002') }))).toBe('segment');
    expect(read(plainPacket('hello', { to: 443 }))).toBe('other-port');
    expect(read([...plainPacket(''), 0, 0, 0, 0, 0, 0])).toBe('segment');
  });

  it('leaves everything else to the decoders', () => {
    const notPlain: readonly Bytes[] = [
      plainPacket('hello').slice(0, -1),
      plainPacket('').slice(0, 20),
      plainPacket('', { flags: SYN }),
      plainPacket('', { flags: FIN }),
      plainPacket('', { flags: RST }),
      plainPacket('', { dataOffset: 4 }),
      plainPacket('', { dataOffset: 6 }),
      ethernet(0x0800, ipv4(tcp('x'), { options: hex('01010101') })),
      ethernet(0x0800, ipv4(tcp('x'), { moreFragments: true })),
      ethernet(0x0800, ipv4(tcp('x'), { fragmentOffset: 8 })),
      ethernet(0x0800, ipv4(tcp('x'), { protocol: 17 })),
      ethernet(0x0800, ipv4(tcp('x'), { totalLength: 39 })),
      ethernet(0x0800, ipv4(tcp('x'), { totalLength: 0 })),
      ethernet(0x8100, vlan(1, 0x0800, ipv4(tcp('x')))),
    ];
    for (const bytes of notPlain) expect(read(bytes)).toBeUndefined();
  });

  it('says the same as the decoders, whatever the bytes', () => {
    const change = fc.tuple(fc.nat(60), fc.nat(255));
    const lengths = fc.record({ cut: fc.nat(8), missing: fc.nat(8), padding: fc.nat(8) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), lengths, (changes, { cut, missing, padding }) => {
        const packet = [
          ...plainPacket('hello').slice(ETHERNET_HEADER_LENGTH),
          ...Array<number>(padding).fill(7),
        ];
        for (const [at, value] of changes) if (at < packet.length) packet[at] = value;
        const frame = ethernet(0x0800, packet);
        const seen = (linkType: number, whole: Bytes) => {
          const bytes = cut === 0 ? whole : whole.slice(0, -cut);
          const originalLength = bytes.length + missing;
          const { segments, icmpErrors, dissector } = dissect(linkType, [{ bytes, originalLength }], {
            ports: [22, 50_000],
          });
          return { segments, icmpErrors, skipped: dissector.skippedPackets(), odd: dissector.anomalies };
        };
        expect(seen(LINK_ETHERNET, frame)).toEqual(seen(LINK_IPV4, packet));
      }),
      { numRuns: 2000 },
    );
  });
});

function read(bytes: Bytes): ReturnType<PlainTcp['read']> {
  const watched = new Uint8Array(0x10000);
  watched[22] = 1;
  const packet = new Packet();
  packet.bytes = Uint8Array.from(bytes);
  packet.capturedLength = bytes.length;
  packet.originalLength = bytes.length;
  return new PlainTcp(watched, []).read(packet, new Segment());
}
