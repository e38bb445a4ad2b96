import type { PacketTime, SessionRecord } from '../session/record.ts';
import { entryOf } from './cause-definition.ts';

/** SYN-ACKs that the server repeated although the ACK of the first is in the capture. */
export function repeatedAfterAck(record: SessionRecord): readonly PacketTime[] {
  const ack = entryOf(record, 'ACK');
  if (ack === undefined || record.bytes.serverToClient > 0) return [];
  return (record.tcp.synRepeats?.server ?? []).filter((repeat) => repeat.packet > ack.packet);
}

/** Other sessions of this server were accepted by its kernel, but no sshd has spoken to any of them. */
export function nobodyIdentified({ surroundings }: SessionRecord): boolean {
  if (surroundings === undefined) return false;
  const { answered, identified, fates } = surroundings.server;
  // Of those whose bytes are not in the capture nobody knows it.
  return answered > 0 && identified === 0 && fates.undetermined === undefined;
}

/** What came in answer to its SYN was a SYN-ACK of another one. */
export const isAnsweredAmiss = ({ anomalies }: SessionRecord): boolean =>
  anomalies.some(({ code }) => code === 'syn-ack-refused');
