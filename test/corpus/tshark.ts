import { execFileSync, spawnSync } from 'node:child_process';

/** tshark is the second opinion of many tests. */
export const WITHOUT_TSHARK = spawnSync('tshark', ['--version']).status !== 0;
export const TSHARK_NEEDED = WITHOUT_TSHARK ? ' (skipped: tshark is not installed)' : '';

const FIELDS = [
  'frame.number',
  'tcp.stream',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.seq_raw',
  'tcp.len',
  'tcp.flags',
  'ssh.protocol',
  'ssh.kex_algorithms',
  'ssh.server_host_key_algorithms',
  'ssh.encryption_algorithms_client_to_server',
  'ssh.encryption_algorithms_server_to_client',
  'ssh.mac_algorithms_client_to_server',
  'ssh.mac_algorithms_server_to_client',
  'ssh.compression_algorithms_client_to_server',
  'ssh.compression_algorithms_server_to_client',
] as const;

export interface TsharkRow {
  readonly frame: number;
  readonly stream: number;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly length: number;
  readonly flags: number;
  readonly protocol: string;
  /** The eight algorithm lists; empty where the packet has no KEXINIT. */
  readonly lists: readonly string[];
}

/** TCP packets of a capture as tshark sees them, innermost layer where there are several. */
export function tsharkRows(file: string, ports: readonly number[]): TsharkRow[] {
  // ICMP errors quote a TCP header, which is no packet of the conversation.
  const filter = `(${ports.map((port) => `tcp.port==${port}`).join(' || ')}) && !icmp && !icmpv6`;
  const decode = ports.filter((port) => port !== 22).flatMap((port) => ['-d', `tcp.port==${port},ssh`]);
  const output = execFileSync(
    'tshark',
    [
      '-n',
      '-r',
      file,
      ...decode,
      '-Y',
      filter,
      '-T',
      'fields',
      '-E',
      'separator=/t',
      '-E',
      'occurrence=l',
    ].concat(FIELDS.flatMap((field) => ['-e', field])),
    { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const columns = line.split('\t');
      const column = (name: (typeof FIELDS)[number]): string => columns[FIELDS.indexOf(name)] ?? '';
      return {
        frame: Number(column('frame.number')),
        stream: Number(column('tcp.stream')),
        source: column('ip.src') || column('ipv6.src'),
        destination: column('ip.dst') || column('ipv6.dst'),
        sourcePort: Number(column('tcp.srcport')),
        destinationPort: Number(column('tcp.dstport')),
        sequence: Number(column('tcp.seq_raw')),
        length: Number(column('tcp.len')),
        flags: Number(column('tcp.flags')),
        protocol: column('ssh.protocol'),
        lists: columns.slice(FIELDS.indexOf('ssh.kex_algorithms')),
      };
    });
}

/** Bytes that one side sent, each place of the stream once. */
export function payloadBytes(rows: readonly TsharkRow[]): number {
  const first = rows.find((row) => row.length > 0);
  if (first === undefined) return 0;
  const spans = rows
    .filter((row) => row.length > 0)
    .map((row) => {
      const start = (row.sequence - first.sequence + (row.flags & 2 ? 1 : 0)) | 0;
      return [start, start + row.length] as const;
    })
    .sort((a, b) => a[0] - b[0]);
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [start, end] of spans) {
    if (end <= reached) continue;
    total += end - Math.max(start, reached);
    reached = end;
  }
  return total;
}
