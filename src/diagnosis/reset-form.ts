import type { ResetRecord, SessionRecord } from '../session/record.ts';

/**
 * Who writes a reset, by its form (Linux; see the kernel's tcp_v4_send_reset, tcp_send_active_reset and nf_send_reset):
 *
 *     form       flags                  IP ID      window   options      DSCP
 *     no-socket  RST+ACK of a SYN,      0          0        none         of the packet that it answers
 *                RST of an ACK
 *     process    RST+ACK                counts on  its own  time stamps  its own
 *     filter     RST+ACK, RST           0          0        none         0
 *
 * `no-socket` is the kernel of a host where nothing listens or the connection is not known any more; `process` is
 * the end itself, which closed with unread data, aborted or was killed; `filter` is a firewall's reject. The first
 * and the third are one where the packet that was answered has DSCP 0, and on networks that clear the marks.
 */
export type ResetForm = 'no-socket' | 'process' | 'filter';

/** So far an IP identification goes between two packets of a host that counts them for each connection. */
const COUNTS_ON = 64;

/** Undefined when the form fits several or none. */
export function resetForm(record: SessionRecord, reset: ResetRecord): ResetForm | undefined {
  if (isProcessForm(reset)) return 'process';
  if (!isBareForm(reset)) return undefined;
  const answered = dscpAt(record, reset.from === 'server' ? 'client' : 'server', reset.packet);
  if (answered === undefined || answered === 0) return undefined;
  const own = reset.trafficClass >> 2;
  if (own === answered) return 'no-socket';
  return own === 0 ? 'filter' : undefined;
}

/** Window 0, no options and no IP identification: made without a socket, by a kernel or by a firewall. */
export const isBareForm = (reset: ResetRecord): boolean =>
  reset.window === 0 && reset.optionsLength === 0 && (reset.ipId ?? 0) === 0;

function isProcessForm(reset: ResetRecord): boolean {
  if (!reset.ack || reset.window === 0) return false;
  if (reset.optionsLength > 0) return true;
  // With time stamps agreed upon, a socket's own reset has them.
  if (reset.timestamps === true || reset.ipId === undefined || reset.previousIpId === undefined) return false;
  const step = (reset.ipId - reset.previousIpId) & 0xffff;
  return reset.ipId !== 0 && step > 0 && step <= COUNTS_ON;
}

/** DSCP of a side's packets when the other answered with this packet. */
function dscpAt(record: SessionRecord, side: 'client' | 'server', packet: number): number | undefined {
  const change = record.tcp.markings?.[side]?.findLast((marking) => marking.packet < packet);
  if (change !== undefined) return change.dscp;
  const first = record.tcp.synTrafficClass?.[side];
  return first === undefined ? undefined : first >> 2;
}
