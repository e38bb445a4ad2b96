import type { SessionRecord } from '../../session/record.ts';
import { type CauseDefinition, entryOf, evidence, type Finding, hostPort } from '../cause-definition.ts';
import { nobodyIdentified, repeatedAfterAck } from '../handshake.ts';
import { isBareForm } from '../reset-form.ts';
import { count, limitNew } from '../sentences.ts';
import { vantage } from '../vantage.ts';

/**
 * A kernel whose accept queue is full ignores SYNs and the last ACK of handshakes, or (tcp_abort_on_overflow) resets
 * them; with SYN cookies the client believes that it is connected. Who was in time got a SYN-ACK and waits.
 */
export const acceptBacklogFull: CauseDefinition = {
  id: 'accept-backlog-full',
  title: "sshd's listen queue is full",
  fates: [
    'no-syn-ack',
    'syn-ack-unanswered',
    'stalled-before-banner',
    'fin-before-banner',
    'rst-before-banner',
  ],
  needs:
    "other connections of the same server were accepted by its kernel and never got an identification string, while SYNs or the last ACK of this one are ignored; or the client's ACK arrives at the server, which goes on repeating its SYN-ACK",
  says: 'sshd is stuck and does not accept: its queue (net.core.somaxconn) has overflowed.',
  diagnose(record) {
    if (record.endedBy === 'server') return resetOnOverflow(record);
    if (record.fate === 'no-syn-ack') return ignoredSyn(record);
    return ignoredAck(record);
  },
};

function ignoredSyn(record: SessionRecord): Finding | undefined {
  const repeats = record.tcp.synRepeats?.client;
  const { surroundings } = record;
  if (repeats === undefined || surroundings === undefined || !nobodyIdentified(record)) return undefined;
  const dscp = (record.tcp.synTrafficClass?.client ?? 0) >> 2;
  if (surroundings.server.markings?.answered.includes(dscp) === false) return undefined;
  const last = repeats[repeats.length - 1];
  const sameClient = surroundings.client.answered > 0;
  return {
    confidence: sameClient ? 'likely' : 'possible',
    summary: `${count(repeats.length + 1, 'SYN')} to ${hostPort(record.server)} were ignored while ${count(surroundings.server.answered, 'other connection')} there ${surroundings.server.answered === 1 ? 'was' : 'were'} accepted by its kernel and never got an identification string: sshd is stuck and its listen queue is full.`,
    evidence: [
      ...evidence([[entryOf(record, 'SYN'), 'SYN, ignored']]),
      ...(last ? [{ packet: last.packet, time: last.time, what: 'last repeated SYN, ignored' }] : []),
    ],
    nextSteps: nextSteps(record),
  };
}

function ignoredAck(record: SessionRecord): Finding | undefined {
  const repeats = repeatedAfterAck(record);
  const last = repeats[repeats.length - 1];
  const unanswered = record.tcp.last?.client.unanswered;
  const isBehind = vantage(record) === 'server';
  const proof = evidence([[entryOf(record, 'ACK'), "the client's ACK of the SYN-ACK"]]);
  if (last !== undefined) {
    return {
      confidence: isBehind || nobodyIdentified(record) ? 'likely' : 'possible',
      summary: `The server repeated its SYN-ACK ${count(repeats.length, 'time')} after the client's ACK${isBehind ? ' had arrived there' : ''}: its listen queue is full and the kernel ignores the ACK${isBehind ? '' : ', unless the ACK was lost on the way'}.`,
      evidence: [...proof, { ...last, what: 'last repeated SYN-ACK: the ACK was ignored' }],
      nextSteps: nextSteps(record),
    };
  }
  // With SYN cookies nothing remembers the handshake: the data meets silence.
  const data = record.tcp.last?.client.data[0];
  if (unanswered === undefined || data === undefined || !nobodyIdentified(record)) return undefined;
  if (record.tcp.synRepeats?.server !== undefined || record.fate === 'syn-ack-unanswered') return undefined;
  return {
    confidence: 'possible',
    summary: `The client's data was ignored after the handshake, sent ${count(unanswered.length + 1, 'time')}, and no other connection there got an identification string: a full listen queue with SYN cookies.`,
    evidence: [
      ...proof,
      { packet: data.packet, time: data.time, what: "the client's data, never acknowledged" },
    ],
    nextSteps: nextSteps(record),
  };
}

function resetOnOverflow(record: SessionRecord): Finding | undefined {
  const reset = record.tcp.resets?.find((entry) => entry.from === 'server');
  if (record.fate !== 'rst-before-banner' || reset === undefined || !isBareForm(reset)) return undefined;
  if (!nobodyIdentified(record) || record.bytes.serverToClient > 0) return undefined;
  return {
    confidence: 'possible',
    summary: `The kernel of ${hostPort(record.server)} reset the connection right after its handshake, while ${count(record.surroundings?.server.answered ?? 0, 'other connection')} there never got an identification string: a full listen queue with tcp_abort_on_overflow.`,
    evidence: [
      ...evidence([[entryOf(record, 'SYN-ACK'), 'the kernel answers the SYN']]),
      { packet: reset.packet, time: reset.time, what: 'a reset without a socket: window 0, no options' },
    ],
    nextSteps: nextSteps(record),
  };
}

function nextSteps({ client, server }: SessionRecord): readonly string[] {
  return [
    `On the server: \`ss -ltn 'sport = :${server.port}'\` (Recv-Q above Send-Q: the queue is full), then \`sshd -t && systemctl restart ssh\``,
    'On the server: `ps -o pid,stat,wchan:20,cmd -C sshd` (T: stopped, `pkill -CONT -x sshd` lets it go on; D: it waits for a disk), `nstat -az TcpExtListenOverflows TcpExtListenDrops`',
    `On the server, against floods: \`${limitNew(client, server.port)}\`; \`sysctl net.core.somaxconn\` (sshd asks for a queue of 128: a lower value here makes it shorter, a higher one does not help)`,
  ];
}
