import type { SessionRecord } from '../session/record.ts';

/**
 * Display filters for Wireshark and tshark, whose stream indices are their own: client, ports and packet numbers name
 * the session. Its packets, the decisive ones, and a command that shows them; raw, as the capture's name in it.
 */
export function displayFilters(record: SessionRecord): string[] {
  const { client, server, packets, capture, cause } = record;
  const ip = client.address.includes(':') ? 'ipv6' : 'ip';
  const filter = `${ip}.addr==${client.address} && tcp.port==${client.port} && tcp.port==${server.port} && frame.number in {${packets.first}..${packets.last}}`;
  const decisive = new Set(cause?.evidence.map((item) => item.packet));
  const lines = [filter];
  if (decisive.size > 0) lines.push(`frame.number in {${[...decisive].join(', ')}}`);
  if (capture !== '-') lines.push(`tshark -r ${shellQuoted(capture)} -Y '${filter}'`);
  return lines;
}

function shellQuoted(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
