import type { SessionRecord } from '../session/record.ts';
import { entryOf } from './cause-definition.ts';

/* Lines of text in the stream where packets should be, or before a client's identification string. */

/** The server's line where its KEXINIT should be; undefined where there is none. */
export function wordsInstead(record: SessionRecord): string | undefined {
  const { server, kex } = record;
  if (server.text?.length !== 1 || kex?.server !== undefined) return undefined;
  if (entryOf(record, 'identification string', 'server') === undefined) return undefined;
  // A line before the identification string is allowed (RFC 4253 §4.2).
  return entryOf(record, 'text', 'server') === undefined ? server.text[0] : undefined;
}

/** What sshd says of a client's first line that does not begin with SSH-. */
export const INVALID_IDENTIFICATION = /^(Invalid SSH identification string|Protocol mismatch)/;

/** haproxy's PROXY protocol: a line in version 1, binary in version 2, before everything else. */
const PROXY_LINE = /^PROXY (TCP4|TCP6|UNKNOWN)\b/;
const PROXY_BINARY = '\r\n\r\n\0\r\nQUIT\n';

/** The client's stream begins with the header with which a load balancer tells whose connection it is. */
export function hasProxyHeader({ client }: SessionRecord): boolean {
  const isLine = client.text?.some((line) => PROXY_LINE.test(line)) ?? false;
  return isLine || client.foreign?.head.startsWith(PROXY_BINARY) === true;
}

/** What to do at the load balancer. */
export const WITHOUT_PROXY_HEADER =
  '`send-proxy` or `send-proxy-v2` out of the server line (haproxy), `proxy_protocol off;` (nginx), `proxy_protocol_v2.enabled=false` (AWS NLB): sshd knows no PROXY protocol';
