import type { Finding } from './document.ts';
import { forTerminal } from './escape.ts';
import { counted, duration, grouped } from './layout.ts';
import type { EndingRow, OpenRow } from './live-picture.ts';
import { fateFormat, SEVERITY_FORMAT } from './paint.ts';
import type { Span, SpanColumn } from './span-line.ts';

/** '[2001:db8:1000:2000:3000:4000:5000:6000]:65535' */
const ADDRESS_WIDTH = 47;
const IPV4_WIDTH = 21;

/** Of what lies in a list, for columns that keep their width while rows come and go. */
interface RowKinds {
  readonly hasIpv6: boolean;
  readonly severalServers: boolean;
  /** Digits of the largest session number. */
  readonly digits: number;
}

export function rowKinds(
  rows: readonly { readonly session: number; readonly client: string }[],
  severalServers: boolean,
): RowKinds {
  return {
    hasIpv6: rows.some(({ client }) => client.startsWith('[')),
    severalServers,
    digits: rows.reduce((most, { session }) => Math.max(most, String(session).length), 3),
  };
}

export function openColumns({ hasIpv6, severalServers, digits }: RowKinds): readonly SpanColumn<OpenRow>[] {
  const address = hasIpv6 ? ADDRESS_WIDTH : IPV4_WIDTH;
  return [
    {
      ...{ heading: '#', align: 'right', width: digits, minimum: digits, rank: 2 },
      cell: ({ session }) => ({ text: String(session) }),
    },
    {
      ...{ heading: 'CLIENT', align: 'left', width: address, minimum: IPV4_WIDTH, rank: 0 },
      cell: ({ client }) => ({ text: forTerminal(client) }),
    },
    ...(severalServers
      ? [
          {
            ...({ heading: 'SERVER', align: 'left', width: address, minimum: 18, rank: 5 } as const),
            cell: ({ server }: OpenRow) => ({ text: forTerminal(server) }),
          },
        ]
      : []),
    {
      ...{ heading: 'STAGE', align: 'left', width: 7, minimum: 7, rank: 1 },
      cell: ({ stage }) => ({ text: stage, format: stage === 'session' ? 'green' : 'yellow' }),
    },
    {
      ...{ heading: 'RTT', align: 'right', width: 7, minimum: 7, rank: 4 },
      cell: ({ rttMs }) => ({ text: rttMs === undefined ? '-' : duration(rttMs) }),
    },
    {
      ...{ heading: 'AGE', align: 'right', width: 6, minimum: 6, rank: 3 },
      cell: ({ ageMs }) => ({ text: wholeDuration(ageMs) }),
    },
    {
      ...{ heading: 'SOFTWARE', align: 'left', width: 30, minimum: 24, rank: 6 },
      cell: ({ software }) => ({ text: forTerminal(software ?? '-') }),
    },
    {
      ...{ heading: 'WAITS FOR', align: 'left', width: 40, minimum: 22, rank: 1.5, grows: true },
      cell: waitsFor,
    },
  ];
}

function waitsFor({ awaits, quietMs }: OpenRow): Span {
  const since = wholeDuration(quietMs);
  if (awaits === undefined) return { text: `quiet ${since}`, format: 'dim' };
  return {
    text: `${awaits.by}: ${SHORT[awaits.what] ?? awaits.what}, ${since}`,
    format: awaits.silent ? ['red', 'bold'] : undefined,
  };
}

/** What is owed, for a narrow column. */
const SHORT: Readonly<Record<string, string>> = {
  'identification string': 'identification',
  acknowledgement: 'ACK',
  'ACK of the SYN-ACK': 'ACK',
  'answer to authentication': 'login answer',
  SSH_MSG_KEXINIT: 'KEXINIT',
  SSH_MSG_NEWKEYS: 'NEWKEYS',
};

export function endingColumns({
  hasIpv6,
  severalServers,
  digits,
}: RowKinds): readonly SpanColumn<EndingRow>[] {
  const address = hasIpv6 ? ADDRESS_WIDTH : IPV4_WIDTH;
  return [
    {
      ...{ heading: 'UTC', align: 'left', width: 8, minimum: 8, rank: 5.5 },
      cell: ({ time }) => ({ text: time, format: 'dim' }),
    },
    {
      ...{ heading: '#', align: 'right', width: digits, minimum: digits, rank: 2 },
      cell: ({ session }) => ({ text: String(session) }),
    },
    {
      ...{ heading: 'CLIENT', align: 'left', width: address, minimum: IPV4_WIDTH, rank: 3 },
      cell: ({ client }) => ({ text: forTerminal(client) }),
    },
    ...(severalServers
      ? [
          {
            ...({ heading: 'SERVER', align: 'left', width: address, minimum: 18, rank: 6 } as const),
            cell: ({ server }: EndingRow) => ({ text: forTerminal(server) }),
          },
        ]
      : []),
    {
      ...{ heading: 'FATE', align: 'left', width: 21, minimum: 21, rank: 0 },
      cell: ({ fate, cause }) => ({ text: fate, format: fateFormat(fate, cause) }),
    },
    {
      ...{ heading: 'BY', align: 'left', width: 7, minimum: 6, rank: 5 },
      cell: ({ endedBy }) => ({ text: endedBy }),
    },
    {
      ...{ heading: 'CAUSE', align: 'left', width: 34, minimum: 13, rank: 1, grows: true },
      cell: ({ cause, before }) => ({
        text: `${cause ?? '-'}${before === undefined ? '' : ` (was ${before})`}`,
      }),
    },
  ];
}

export const FINDING_COLUMNS: readonly SpanColumn<Finding>[] = [
  {
    ...{ heading: 'SEVERITY', align: 'left', width: 6, minimum: 6, rank: 1 },
    cell: ({ severity }) => ({ text: severity, format: SEVERITY_FORMAT[severity] }),
  },
  {
    ...{ heading: 'SESSIONS', align: 'right', width: 8, minimum: 5, rank: 2 },
    cell: ({ sessions }) => ({ text: `${grouped(sessions)} ×` }),
  },
  {
    ...{ heading: 'WHAT', align: 'left', width: 60, minimum: 20, rank: 0, grows: true },
    cell: ({ title }) => ({ text: forTerminal(title) }),
  },
];

/** '12 s', '3 min', '5 h', '2 d': a number that does not flicker. */
export function wholeDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return counted(Math.floor(seconds / 86_400), 'day');
}
