import type { SessionRecord } from '../session/record.ts';
import { deciding, decidingReset, isMirrored } from './last-words.ts';
import { resetForm } from './reset-form.ts';

/** Keep-alive probes of TCP that went unanswered before a reset: Linux gives up after nine, or fewer if told so. */
const UNANSWERED_PROBES = 3;

/**
 * The server's process closed: with a FIN, or with a reset that has the form and the hop limit of its own packets. Other
 * resets are a kernel's that lost the connection, or a device's.
 */
export function serverClosedItself(record: SessionRecord): boolean {
  const close = deciding(record);
  if (close?.side !== 'server' || record.endedBy !== 'server') return false;
  if (close.kind === 'fin') return true;
  const reset = decidingReset(record);
  if (reset === undefined || resetForm(record, reset) !== 'process') return false;
  // Its kernel ended the connection: the client did not answer keep-alive probes.
  if ((record.tcp.last?.server.probes ?? 0) >= UNANSWERED_PROBES) return false;
  const own = record.tcp.hopLimits.server?.[0];
  return reset.spokeAfter === undefined && (reset.hopLimit === own || isMirrored(record));
}
