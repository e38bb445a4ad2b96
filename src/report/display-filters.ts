import type { SessionRecord } from '../session/record.ts';

/**
 * Display filters for Wireshark and tshark, whose stream indices are their own: client, ports and packet numbers name
 * the session. Its packets, the decisive ones, and a command that shows them; raw, as the capture's name in it.
 */
export function displayFilters(record: SessionRecord): string[] {
  const { packets, capture, cause } = record;
  const filter = `${endsFilter(record)} && frame.number in {${packets.first}..${packets.last}}`;
  const decisive = new Set(cause?.evidence.map((item) => item.packet));
  const lines = [filter];
  if (decisive.size > 0) lines.push(`frame.number in {${[...decisive].join(', ')}}`);
  if (capture !== '-') lines.push(`tshark -r ${shellQuoted(capture)} -Y '${filter}'`);
  return lines;
}

/** By addresses and ports only: for live traffic, which lies in no file. */
export function endsFilter({ client, server }: SessionRecord): string {
  const ip = client.address.includes(':') ? 'ipv6' : 'ip';
  return `${ip}.addr==${client.address} && tcp.port==${client.port} && tcp.port==${server.port}`;
}

/** A word of a command line. */
export function shellQuoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
