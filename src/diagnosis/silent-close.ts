import type { ResetRecord, SessionRecord, TimelineEntry } from '../session/record.ts';
import { entryOf } from './cause-definition.ts';
import { isBareForm, resetForm } from './reset-form.ts';
import { between, closeOf } from './sentences.ts';

/** The server closed after the handshake without having sent a byte. */
export interface SilentClose {
  readonly entry: TimelineEntry;
  /** From the client's ACK, or from the SYN-ACK where the capture lacks that ACK. */
  readonly afterMs: number;
  /** Absent when it was a FIN. */
  readonly reset?: ResetRecord;
  /**
   * Who closed: `process` reset because bytes of the client were unread, `stranger` reset without a socket; a FIN
   * came from one who had `taken` the client's bytes or shut the connection down, or before the client had `spoken`
   * (`unspoken`).
   */
  readonly by: 'process' | 'stranger' | 'taken' | 'unspoken' | 'unknown';
}

export function silentClose(record: SessionRecord): SilentClose | undefined {
  if (record.endedBy !== 'server' || record.bytes.serverToClient > 0) return undefined;
  if (record.server.text !== undefined || record.server.foreign !== undefined) return undefined;
  const ack = entryOf(record, 'ACK');
  const entry = closeOf(record, 'server');
  if (ack === undefined || entry === undefined) return undefined;
  // Where the capture lacks the ACK, what stands for it may come after the close.
  const accepted = ack.packet < entry.packet ? ack : entryOf(record, 'SYN-ACK');
  if (accepted === undefined) return undefined;
  const afterMs = between(accepted, entry);
  const reset = entry.what === 'RST' ? record.tcp.resets?.find((each) => each.from === 'server') : undefined;
  if (reset !== undefined) {
    const isProcess = resetForm(record, reset) === 'process';
    return { entry, afterMs, reset, by: isProcess ? 'process' : isBareForm(reset) ? 'stranger' : 'unknown' };
  }
  const data = record.tcp.last?.client.data[0];
  // The client had spoken, and when is not in the capture.
  if (data === undefined && record.bytes.missed > 0) return { entry, afterMs, by: 'unknown' };
  const isTaken = data !== undefined && between(data, entry) > (record.tcp.rttMs ?? 0);
  return { entry, afterMs, by: isTaken ? 'taken' : 'unspoken' };
}

/** Sessions of clients at other addresses to which this server sent its identification string. */
export function identifiedOthers({ surroundings }: SessionRecord): number {
  return surroundings === undefined ? 0 : surroundings.server.identified - surroundings.client.identified;
}

/** sshd refuses the first connections at random when so many have not logged in (MaxStartups 10:30:100). */
export const DEFAULT_MAX_STARTUPS = 10;
/** One that waits is nothing: a second one may be a limit of a few for each source, as dropbear has. */
const A_FEW = 2;

/** So many sessions wait for their login that another one of this client, which is served otherwise, may be refused for it. */
export function isCrowded({ surroundings }: SessionRecord): boolean {
  const open = surroundings?.server.unauthenticated?.sessions ?? 0;
  if (open >= DEFAULT_MAX_STARTUPS) return true;
  return open >= A_FEW && (surroundings?.client.identified ?? 0) > 0;
}
