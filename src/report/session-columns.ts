import { hostPort } from '../diagnosis/cause-definition.ts';
import { FATES } from '../fate/vocabulary.ts';
import { formatAddress } from '../wire/address.ts';
import { forTerminal } from './escape.ts';
import { duration, grouped } from './layout.ts';
import type { AddressWords, ReportedSession } from './reporter.ts';

/** A column of the list of sessions. */
export interface SessionColumn {
  readonly heading: string;
  readonly align: 'left' | 'right';
  /** Usual width of its content, for lists that are printed before all of it is known. */
  readonly usual: number;
  /** It is not made narrower than this; columns with the highest `rank` are left out first. Labels are never cut. */
  readonly minimum: number;
  readonly rank: number;
  /** Escaped for a terminal. */
  text(session: ReportedSession): string;
  /** What `--sort` compares, smallest first. Sizes are negative, so that the largest come first. */
  order(session: ReportedSession): number | string;
}

/** By the name that `--sort` takes, in the order in which they stand. */
export const SESSION_COLUMNS = {
  capture: {
    heading: 'CAPTURE',
    align: 'left',
    usual: 24,
    minimum: 24,
    rank: 2,
    text: (s) => forTerminal(s.capture),
    order: (s) => s.capture,
  },
  session: {
    heading: '#',
    align: 'right',
    usual: 6,
    minimum: 9,
    // Without it nothing more can be asked of a session.
    rank: 0,
    text: (s) => String(s.session),
    order: (s) => s.session,
  },
  start: {
    heading: 'START (UTC)',
    align: 'left',
    usual: 14,
    minimum: 14,
    rank: 6,
    // Of an ISO time the month to the second.
    text: (s) => s.start.slice(5, 19).replace('T', ' '),
    order: (s) => s.start,
  },
  client: {
    heading: 'CLIENT',
    align: 'left',
    usual: 21,
    minimum: 21,
    rank: 5,
    text: (s) => addressText(s.ipVersion, s.clientAddressWords, s.clientPort),
    order: (s) => addressOrder(s.ipVersion, s.clientAddressWords, s.clientPort),
  },
  server: {
    heading: 'SERVER',
    align: 'left',
    usual: 18,
    minimum: 18,
    rank: 3,
    text: (s) => addressText(s.ipVersion, s.serverAddressWords, s.serverPort),
    order: (s) => addressOrder(s.ipVersion, s.serverAddressWords, s.serverPort),
  },
  fate: {
    heading: 'FATE',
    align: 'left',
    usual: 21,
    minimum: 21,
    rank: 0,
    text: (s) => s.fate,
    order: (s) => FATES.indexOf(s.fate),
  },
  cause: {
    heading: 'CAUSE',
    align: 'left',
    usual: 20,
    minimum: 32,
    rank: 1,
    text: (s) => s.causeId ?? '-',
    order: (s) => s.causeId ?? '~',
  },
  'ended-by': {
    heading: 'ENDED BY',
    align: 'left',
    usual: 8,
    minimum: 8,
    rank: 8,
    text: (s) => s.endedBy,
    order: (s) => s.endedBy,
  },
  duration: {
    heading: 'DURATION',
    align: 'right',
    usual: 9,
    minimum: 9,
    rank: 7,
    text: (s) => duration(s.durationMs),
    order: (s) => -s.durationMs,
  },
  packets: {
    heading: 'PACKETS',
    align: 'right',
    usual: 7,
    minimum: 9,
    rank: 9,
    text: (s) => grouped(packetCount(s)),
    order: (s) => -packetCount(s),
  },
  bytes: {
    heading: 'BYTES',
    align: 'right',
    usual: 9,
    minimum: 13,
    rank: 10,
    text: (s) => grouped(byteCount(s)),
    order: (s) => -byteCount(s),
  },
  'client-software': {
    heading: 'CLIENT SOFTWARE',
    align: 'left',
    usual: 16,
    minimum: 15,
    rank: 11,
    text: (s) => forTerminal(s.client.software ?? '-'),
    order: (s) => s.client.software ?? '~',
  },
  'server-software': {
    heading: 'SERVER SOFTWARE',
    align: 'left',
    usual: 16,
    minimum: 15,
    rank: 12,
    text: (s) => forTerminal(s.server.software ?? '-'),
    order: (s) => s.server.software ?? '~',
  },
} as const satisfies Record<string, SessionColumn>;

export type SessionColumnName = keyof typeof SESSION_COLUMNS;
export const SESSION_COLUMN_NAMES = Object.keys(SESSION_COLUMNS) as readonly SessionColumnName[];

/** The columns that fit into `width` when each needs `needed(name)`: those that matter most. */
export function columnsThatFit(
  names: readonly SessionColumnName[],
  needed: (name: SessionColumnName) => number,
  width: number,
  gap: number,
): SessionColumnName[] {
  const chosen = [...names];
  const room = () =>
    chosen.reduce((sum, name) => sum + Math.min(needed(name), SESSION_COLUMNS[name].minimum) + gap, -gap);
  while (chosen.length > 1 && room() > width) {
    const last = chosen.reduce((a, b) => (SESSION_COLUMNS[b].rank > SESSION_COLUMNS[a].rank ? b : a));
    chosen.splice(chosen.indexOf(last), 1);
  }
  return chosen;
}

function addressText(ipVersion: 4 | 6, words: AddressWords, port: number): string {
  return hostPort({ address: formatAddress(ipVersion, words[0], words[1], words[2], words[3]), port });
}

function addressOrder(ipVersion: 4 | 6, words: AddressWords, port: number): string {
  const hex = words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  return `${ipVersion}${hex}${String(port).padStart(5, '0')}`;
}

function packetCount({ packets }: ReportedSession): number {
  return packets.clientToServer + packets.serverToClient;
}

function byteCount({ bytes }: ReportedSession): number {
  return bytes.clientToServer + bytes.serverToClient;
}
