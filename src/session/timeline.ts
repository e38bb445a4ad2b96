import { CLIENT, SERVER } from '../ssh/conversation-api.ts';
import type { Connection } from '../tcp/connection.ts';
import type { Clock } from './clock.ts';
import { ClockedEntry } from './clocked-time.ts';
import type { AnomalyRecord, TimelineEntry } from './record.ts';
import { DIRECTION_NAMES, SIDE_NAMES } from './sides.ts';

/** The decisive packets in capture order. */
export function timelineOf(connection: Connection, clock: Clock): readonly ClockedEntry[] {
  const entries: ClockedEntry[] = [];
  const add = (
    from: TimelineEntry['from'],
    packet: number,
    timeNs: number,
    what: string,
    detail?: string,
  ) => {
    if (packet === 0) return;
    entries.push(new ClockedEntry(from, packet, timeNs, clock, what, detail));
  };
  const { client, server, ssh } = connection;
  add('client', client.synPacket, client.synNs, 'SYN');
  add('server', server.synPacket, server.synNs, 'SYN-ACK');
  add('client', connection.establishedPacket, connection.establishedNs, 'ACK');
  for (const side of [CLIENT, SERVER] as const) {
    const facts = ssh.sides[side];
    const half = connection.half(side);
    const from = SIDE_NAMES[side];
    const { identification, kexInit, newKeys, disconnect } = facts;
    const { preIdentification } = facts;
    if (preIdentification) {
      add(from, preIdentification.packet, preIdentification.timeNs, 'text', facts.preIdentificationLines[0]);
    }
    if (identification) {
      add(from, identification.packet, identification.timeNs, 'identification string', identification.text);
    }
    if (kexInit) add(from, kexInit.packet, kexInit.timeNs, 'SSH_MSG_KEXINIT');
    const exchange = facts.messages.find((message) => message.number >= 30);
    if (exchange) add(from, exchange.packet, exchange.timeNs, exchange.name);
    if (newKeys) add(from, newKeys.packet, newKeys.timeNs, 'SSH_MSG_NEWKEYS');
    if (disconnect) {
      add(from, disconnect.packet, disconnect.timeNs, 'SSH_MSG_DISCONNECT', disconnect.description);
    }
    add(from, half.finPacket, half.finNs, 'FIN');
    add(from, half.rstPacket, half.rstNs, 'RST');
  }
  const { success } = ssh.authentication;
  if (success) add('server', success.packet, success.timeNs, 'authenticated');
  const icmp = connection.icmp?.[0];
  if (icmp) add('path', icmp.packet, icmp.timeNs, 'ICMP', `type ${icmp.type} code ${icmp.code}`);
  return byPacket(entries);
}

/** Two lists nearly in order, one after the other: a comparison function would take as long as all the rest. */
function byPacket(entries: ClockedEntry[]): readonly ClockedEntry[] {
  for (let i = 1; i < entries.length; i++) {
    const entry = entries[i] as ClockedEntry;
    let at = i;
    while (at > 0 && (entries[at - 1] as ClockedEntry).packet > entry.packet) {
      entries[at] = entries[at - 1] as ClockedEntry;
      at--;
    }
    entries[at] = entry;
  }
  return entries;
}

const NO_ANOMALIES: readonly AnomalyRecord[] = [];

export function anomalyRecords(connection: Connection): readonly AnomalyRecord[] {
  const ofTcp = connection.anomalies;
  const ofSsh = connection.ssh.anomalies;
  if (ofTcp === undefined && ofSsh.length === 0) return NO_ANOMALIES;
  const records: AnomalyRecord[] = [];
  for (const { code, side, packet } of ofTcp ?? []) {
    records.push({ code, layer: 'tcp', direction: DIRECTION_NAMES[side], packet });
  }
  for (const { code, side, packet } of ofSsh) {
    records.push({ code, layer: 'ssh', direction: DIRECTION_NAMES[side], packet });
  }
  return records.sort((a, b) => a.packet - b.packet);
}
