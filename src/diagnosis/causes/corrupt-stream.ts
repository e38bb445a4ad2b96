import type { AnomalyRecord, SessionRecord, TimelineEntry } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding } from '../cause-definition.ts';
import { journalAround, lastSaid } from '../last-words.ts';
import {
  hasProxyHeader,
  INVALID_IDENTIFICATION,
  WITHOUT_PROXY_HEADER,
  wordsInstead,
} from '../words-instead.ts';

const IMPOSSIBLE: Readonly<Record<string, string>> = {
  'packet-length-impossible': 'a packet length that no SSH packet has',
  'padding-impossible': 'a padding length that does not fit the packet',
  'kexinit-too-short': 'a KEXINIT that ends too early',
  'name-list-invalid': 'a KEXINIT whose name-lists are broken',
};

/** Packets that were on their way when the broken one came. */
const CROSSING = 1;

export const corruptStream: CauseDefinition = {
  id: 'corrupt-stream',
  title: 'What should be SSH packets is none',
  fates: [
    ...(['fin-after-banner', 'rst-after-banner', 'stalled-after-banner'] as const),
    ...(['close-during-kex', 'stalled-during-kex'] as const),
  ],
  needs:
    "before NEWKEYS, a packet length or padding that is impossible (RFC 4253 §6), or a broken KEXINIT; or text in place of the server's, also sshd's complaint of a client's line that was right",
  says: 'An inspection device, a broken proxy or wrong software changed or made up the bytes.',
  diagnose(record) {
    if (record.bytes.missed > 0) return undefined;
    const anomaly = record.anomalies.find((each) => isImpossible(record, each));
    if (anomaly === undefined) return textInstead(record);
    const side = anomaly.direction === 'client-to-server' ? 'client' : 'server';
    const other = side === 'client' ? 'server' : 'client';
    // Bytes of another protocol after no identification string are told as such.
    if (record[side].identification === undefined || record[side].foreign !== undefined) return undefined;
    // The other side read on: the stream goes on elsewhere, as with Multipath TCP.
    const after = lastSaid(record).filter(({ packet, from }) => from === other && packet > anomaly.packet);
    if (after.length > CROSSING) return undefined;
    const what = IMPOSSIBLE[anomaly.code] as string;
    const close = record.timeline.find((entry) => entry.what === 'FIN' || entry.what === 'RST');
    const place = record.timeline.find((entry) => entry.packet === anomaly.packet);
    const time = place?.time ?? entryOf(record, 'identification string', side)?.time ?? record.start;
    return {
      confidence: 'certain',
      summary: `After its identification string the ${side}'s stream holds ${what}: the bytes were damaged or put in by something between, or the ${side} is not what it says.`,
      evidence: [
        ...evidence([
          [entryOf(record, 'identification string', side), `the ${side}'s identification string`],
        ]),
        { packet: anomaly.packet, time, what },
        ...evidence([[close, `the ${close?.from ?? other} closes`]]),
      ],
      nextSteps: nextSteps(record, time),
    };
  },
};

/** Lists that could be read all the same (libssh 0.10 ends one with a comma) break nothing. */
function isImpossible(record: SessionRecord, { layer, code, direction }: AnomalyRecord): boolean {
  if (layer !== 'ssh' || !(code in IMPOSSIBLE)) return false;
  const side = direction === 'client-to-server' ? 'client' : 'server';
  return code !== 'name-list-invalid' || record.kex?.[side] === undefined;
}

/** What sshd itself says to a client that speaks another version (`protocol-version-mismatch`). */
const OF_VERSION = /^Protocol major versions differ/;

/** A line of text where the server's KEXINIT should be: a proxy answers, or an error message slips in. */
function textInstead(record: SessionRecord): Finding | undefined {
  const { client, kex } = record;
  const text = wordsInstead(record);
  const identified = entryOf(record, 'identification string', 'server');
  if (text === undefined || identified === undefined || client.foreign !== undefined) return undefined;
  if (INVALID_IDENTIFICATION.test(text)) return otherLineArrived(record, text, identified);
  if (OF_VERSION.test(text) || kex?.client === undefined) return undefined;
  const at = afterIdentification(record, identified);
  return {
    confidence: 'certain',
    summary: `After its identification string the server's stream holds text instead of a KEXINIT ("${text}"): a proxy or another program answers in its place.`,
    evidence: [
      ...evidence([[identified, "the server's identification string"]]),
      { packet: at.packet, time: at.time, what: `text: ${text}` },
    ],
    nextSteps: nextSteps(record, at.time),
  };
}

/** The client's line is right, and the server complains of it: what came there began otherwise. */
function otherLineArrived(
  record: SessionRecord,
  text: string,
  identified: TimelineEntry,
): Finding | undefined {
  const { client, server } = record;
  if (client.identification?.startsWith('SSH-2.0-') !== true || hasProxyHeader(record)) return undefined;
  const at = afterIdentification(record, identified);
  return {
    confidence: 'certain',
    summary: `The server complains of the client's first line ("${text}"), which was right when it left: something between put bytes before it, as a load balancer does that sends the header of the PROXY protocol.`,
    evidence: evidence([
      [identified, "the server's identification string"],
      [{ ...identified, packet: at.packet, time: at.time }, `the server's answer: ${text}`],
    ]),
    nextSteps: [
      `On the load balancer or proxy that has the address ${server.address}: ${WITHOUT_PROXY_HEADER}`,
      `On the server behind it: \`tcpdump -i any -s 0 -A -c 20 'tcp port ${server.port}'\` (what stands before SSH-2.0?)`,
      `On the server: \`${journalAround(at.time)} | grep -i 'banner exchange'\` (logs the line that came, and the proxy's address)`,
    ],
  };
}

const afterIdentification = (record: SessionRecord, identified: TimelineEntry) =>
  lastSaid(record).find(({ packet, from }) => from === 'server' && packet > identified.packet) ?? identified;

function nextSteps(record: SessionRecord, time: string): readonly string[] {
  return [
    `On the client: \`ssh -vvv -o ProxyCommand=none -o ProxyJump=none ${record.server.address} -p ${record.server.port}\` (without the proxy between; it prints "Bad packet length" with the number)`,
    `On the server: \`${journalAround(time)}\` ("Bad packet length" names the same bytes)`,
    'Switch off protocol inspection ("SSH proxy", application control) for this pair of hosts on the firewall, or connect around it',
    `On both ends, take a capture at the same time: \`tcpdump -i IFACE -s 0 -w side.pcap 'tcp port ${record.server.port}'\` (where the bytes differ, the device is between)`,
  ];
}
