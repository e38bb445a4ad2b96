import type { SessionRecord } from '../../session/record.ts';
import {
  type CauseDefinition,
  entryOf,
  evidence,
  type Finding,
  hostPort,
  isClientMute,
} from '../cause-definition.ts';
import { isDropbear } from '../dropbear.ts';
import { isBareForm } from '../reset-form.ts';
import { between, closeOf, count, family, seconds } from '../sentences.ts';

/** Who leaves later waited for something. */
const AT_ONCE_MS = 1000;
/** Nobody's ssh tries so many servers in one capture by hand. */
const MANY_TARGETS = 3;
const VERY_MANY_TARGETS = 10;

export const scan: CauseDefinition = {
  id: 'scan',
  title: 'A port scan',
  fates: ['no-syn-ack', 'rst-after-syn-ack', 'syn-abandoned', 'rst-before-banner', 'fin-before-banner'],
  needs:
    'a client that resets the SYN-ACK it asked for, or that connects and leaves within a second without a byte; or single SYNs to many servers',
  says: 'A scanner or a check, not a user.',
  diagnose(record) {
    if (record.fate === 'no-syn-ack') return probe(record);
    if (record.endedBy !== 'client' || !isClientMute(record)) return undefined;
    return record.fate === 'rst-after-syn-ack' || record.fate === 'syn-abandoned'
      ? halfOpen(record)
      : connectAndLeave(record);
  },
};

const targetsOf = (record: SessionRecord): number => record.surroundings?.client.servers ?? 1;

/** A SYN that its sender does not repeat, to one of many. */
function probe(record: SessionRecord): Finding | undefined {
  if (record.tcp.synRetransmissions > 0 || targetsOf(record) < VERY_MANY_TARGETS) return undefined;
  return finding(
    record,
    'likely',
    `One SYN, never repeated, to one of ${count(targetsOf(record), 'server')} that ${record.client.address} tried: a scan.`,
    [[entryOf(record, 'SYN'), 'the only SYN']],
  );
}

function halfOpen(record: SessionRecord): Finding | undefined {
  const reset = record.tcp.resets?.find((each) => each.from === 'client');
  const synAck = entryOf(record, 'SYN-ACK');
  // A kernel that gave up its connect, too, resets the late SYN-ACK.
  if (reset === undefined || synAck === undefined || record.tcp.synRetransmissions > 0) return undefined;
  if ((record.timing.synAckMs ?? AT_ONCE_MS) >= AT_ONCE_MS || between(synAck, reset) >= AT_ONCE_MS)
    return undefined;
  const isMany = targetsOf(record) >= MANY_TARGETS;
  const how =
    isBareForm(reset) && !reset.ack
      ? 'the kernel of the client had not asked for it (a SYN scan)'
      : 'a half-open check';
  return finding(
    record,
    isMany ? 'certain' : 'likely',
    `The client reset the SYN-ACK ${seconds(between(synAck, reset))} after it came: ${how}${isMany ? `, at ${count(targetsOf(record), 'server')}` : ''}.`,
    [
      [entryOf(record, 'SYN'), 'SYN'],
      [synAck, 'SYN-ACK: the port is open'],
      [closeOf(record, 'client'), 'the client resets it'],
    ],
  );
}

function connectAndLeave(record: SessionRecord): Finding | undefined {
  const ack = entryOf(record, 'ACK');
  const close = closeOf(record, 'client');
  // It left because a router refused its packets.
  if (record.tcp.icmp !== undefined) return undefined;
  if (ack === undefined || close === undefined || between(ack, close) >= AT_ONCE_MS) return undefined;
  const isMany = targetsOf(record) >= MANY_TARGETS;
  return finding(
    record,
    // nmap resets; a FIN may be anybody's check.
    isMany ? 'certain' : close.what === 'RST' ? 'likely' : 'possible',
    `The client connected to ${hostPort(record.server)} and left ${seconds(between(ack, close))} later without a byte${isMany ? `, as at ${count(targetsOf(record) - 1, 'other server')}` : ''}: a scan or a check of the port, not a user.`,
    [
      [ack, 'the connection is established'],
      [close, 'the client closes without having sent a byte'],
    ],
  );
}

function finding(
  record: SessionRecord,
  confidence: Finding['confidence'],
  summary: string,
  proof: Parameters<typeof evidence>[0],
): Finding {
  const { client, server } = record;
  const exempt = isDropbear(record)
    ? ''
    : `, and for sshd 9.8 and later worth the line \`PerSourcePenaltyExemptList ${client.address}\` in sshd_config`;
  return {
    confidence,
    summary,
    evidence: evidence(proof),
    nextSteps: [
      `Find out what ${client.address} is: \`getent hosts ${client.address}\`, \`whois ${client.address}\`; a monitor of your own is harmless${exempt}`,
      `On the server, if it is a stranger: \`nft insert rule inet filter input ${family(client)} saddr ${client.address} tcp dport ${server.port} drop\`, or better let only known networks in`,
    ],
  };
}
