import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CaptureError } from '../../src/capture/capture-error.ts';
import { type Dissected, dissectFile, type SeenIcmpError, type SeenSegment } from './dissected.ts';
import { type CapturedPacket, HAS_TSHARK, type TsharkSegment, tsharkSegments } from './tshark.ts';

const CORPUS = process.env.SSHFATE_CORPUS;
const MISSING =
  CORPUS === undefined ? ' (skipped: SSHFATE_CORPUS is not set)' : HAS_TSHARK ? '' : ' (skipped: no tshark)';

/**
 * Where tshark 4.0 and the dissector disagree, in how many packets, and who is right. A part of folder and name is
 * enough.
 */
const KNOWN_DIFFERENCES: readonly { file: string; packets: number; why: string }[] = [
  // The dissector is right, or goes farther.
  { file: '01_mpls_pw_eth_ipv4_tcp_no_cw', packets: 1, why: 'tshark does not find the inner EtherType' },
  { file: '03_mpls_pw_eth_ipv6_tcp_cw', packets: 1, why: 'tshark takes the control word for addresses' },
  { file: '18_mpls_pw_outer_legacy_vlan_ipv4_tcp_cw', packets: 1, why: 'the same' },
  { file: '17_ah_invalid_payload_length_too_small', packets: 1, why: 'tshark reads TCP from inside the AH' },
  { file: 'bigtcp-ipv4-vxlan-ipv4', packets: 1, why: 'tshark 4.0 knows no BIG TCP in tunnels' },
  { file: 'bigtcp-ipv4-vxlan-ipv6', packets: 1, why: 'the same' },
  { file: 'bigtcp-ipv6-geneve-ipv4', packets: 1, why: 'the same' },
  { file: 'bigtcp-ipv6-geneve-ipv6', packets: 1, why: 'the same' },
  { file: 'bigtcp-ipv6-vxlan-ipv4', packets: 1, why: 'the same' },
  { file: 'bigtcp-ipv6-vxlan-ipv6', packets: 1, why: 'the same' },
  {
    file: 'zeek+zeek__reassembly.pcap',
    packets: 5,
    why: 'records too short for their IP header, whose length the next sequence number confirms',
  },
  // Both have a reason.
  { file: '19_tcp_syn_tcp_header_snaplen_truncated', packets: 1, why: '8 bytes of TCP say too little' },
  { file: 'tcp_header_heapoverflow', packets: 1, why: '12 bytes of TCP say too little' },
  { file: 'linux_sll_oversized_addr', packets: 1, why: 'the TCP header has the length 0' },
  { file: 'bgp-bgp_capabilities_print-oobr-1', packets: 1, why: 'first fragment of impossible length' },
  { file: 'bgp-bgp_capabilities_print-oobr-2', packets: 1, why: 'the same' },
  { file: 'rpki-rtr-oobr', packets: 1, why: 'the same' },
  { file: '5755755617189888', packets: 1, why: 'a record of 3.6 GB, which each limits in its way' },
  // tshark goes farther: link types and carriers that nobody asked for.
  { file: 'tcpdump__arcnet-rfc1051-arp-icmp-http', packets: 14, why: 'ARCNET' },
  { file: 'libpcap__arcnet-rfc1051-arp-icmp-http', packets: 5, why: 'ARCNET' },
  { file: 'bgp-aigp.pcap', packets: 1, why: 'Juniper Ethernet' },
  { file: 'ayiya3', packets: 21, why: 'AYIYA, shut down in 2017' },
  { file: 'AH-IPcomp-IPv4', packets: 4, why: 'compressed payload' },
  {
    file: 'icmp/OISF+suricata-verify__input',
    packets: 2,
    why: 'samples inside of sFlow are not the traffic itself',
  },
];

const FOLDERS = ['encap-synthetic', 'tcp-oracle', 'icmp', 'reader', 'robust'];
const FOLDER_TIMEOUT_MS = 120_000;

describe.skipIf(MISSING !== '')(`the innermost TCP header in captures of others${MISSING}`, () => {
  it.each(FOLDERS)(
    'is what tshark finds: %s',
    async (folder) => {
      const unknown = (await differencesIn(folder)).filter(({ file, lines }) => {
        const known = KNOWN_DIFFERENCES.find((one) => `${folder}/${file}`.includes(one.file));
        return lines.length !== (known?.packets ?? 0);
      });
      expect(unknown).toEqual([]);
    },
    FOLDER_TIMEOUT_MS,
  );
});

interface Differences {
  readonly file: string;
  readonly lines: readonly string[];
}

async function differencesIn(folder: string): Promise<Differences[]> {
  const captures = [];
  const packets: CapturedPacket[] = [];
  for (const file of captureFiles(folder)) {
    const before = packets.length;
    const dissected = await dissectedFile(path.join(CORPUS ?? '', 'corpus', folder, file), packets);
    if (dissected !== undefined) captures.push({ file, dissected, before, after: packets.length });
  }
  expect(captures.length).toBeGreaterThan(0);
  const theirs = await tsharkSegments(packets);
  expect(theirs.length).toBeGreaterThan(packets.length / 10);
  return captures.map(({ file, dissected, before, after }) => {
    const within = theirs.filter(({ packetNumber }) => packetNumber > before && packetNumber <= after);
    return { file, lines: compare(dissected, within, before) };
  });
}

function captureFiles(folder: string): string[] {
  return readdirSync(path.join(CORPUS ?? '', 'corpus', folder)).filter((name) => !name.endsWith('.txt'));
}

/** Undefined for what is no capture. */
async function dissectedFile(file: string, packets: CapturedPacket[]): Promise<Dissected | undefined> {
  try {
    return await dissectFile(file, ({ linkType, bytes, offset, capturedLength, originalLength }) => {
      packets.push({ linkType, bytes: bytes.slice(offset, offset + capturedLength), originalLength });
    });
  } catch (error) {
    if (error instanceof CaptureError) return undefined;
    throw error;
  }
}

function compare(ours: Dissected, all: readonly TsharkSegment[], numbersBefore: number): string[] {
  const segments = new Map(ours.segments.map((segment) => [segment.packetNumber, segment]));
  const icmpErrors = new Map(ours.icmpErrors.map((error) => [error.packetNumber, error]));
  const lines: string[] = [];
  for (const theirs of all) {
    const packetNumber = theirs.packetNumber - numbersBefore;
    const seen = theirs.quoted ? icmpErrors.get(packetNumber) : segments.get(packetNumber);
    (theirs.quoted ? icmpErrors : segments).delete(packetNumber);
    const difference = seen === undefined ? `only tshark: ${theirs.endpoints}` : differenceOf(seen, theirs);
    if (difference !== '') lines.push(`packet ${packetNumber}: ${difference} (${theirs.protocols})`);
  }
  for (const left of [...segments.values(), ...icmpErrors.values()])
    lines.push(`packet ${left.packetNumber}: not for tshark: ${left.endpoints}`);
  return lines;
}

function differenceOf(ours: SeenSegment | SeenIcmpError, theirs: TsharkSegment): string {
  const pairs: [string, unknown, unknown][] = [['endpoints', ours.endpoints, theirs.endpoints]];
  if (theirs.sequence !== undefined) pairs.push(['sequence', ours.sequence, theirs.sequence]);
  if ('payload' in ours) {
    pairs.push(['flags', ours.flags, theirs.flags]);
    pairs.push(['window', ours.window, theirs.window]);
    pairs.push(['payload length', ours.payloadLength, theirs.payloadLength]);
    // tshark knows no checksums that the network card was to fill in.
    const verified = ours.verified === 'not-filled' ? 'bad' : ours.verified;
    if (verified !== 'unknown') pairs.push(['checksum', verified, theirs.checksum]);
  }
  return pairs
    .filter(([, one, other]) => one !== other)
    .map(([name, one, other]) => `${name}: ${one}, tshark: ${other}`)
    .join('; ');
}
