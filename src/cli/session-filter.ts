import type { Fate } from '../fate/vocabulary.ts';
import type { AddressWords, ReportedSession } from '../report/reporter.ts';
import type { EndpointFilter, Moment } from './option-values.ts';

/** Which sessions are reported; each that is given must hold. */
export interface SessionFilterOptions {
  readonly session?: number | undefined;
  readonly fate?: ReadonlySet<Fate> | undefined;
  readonly cause?: ReadonlySet<string> | undefined;
  readonly client?: readonly EndpointFilter[] | undefined;
  readonly server?: readonly EndpointFilter[] | undefined;
  /** Sessions that were alive between the two. */
  readonly since?: Moment | undefined;
  readonly until?: Moment | undefined;
}

type Test = (session: ReportedSession) => boolean;

/** `epochNs`: time of the capture's first packet, nanoseconds since 1970. */
export function sessionFilter(options: SessionFilterOptions, epochNs: bigint): Test {
  const { session: number, fate, cause, client, server } = options;
  const since = options.since && relativeNs(options.since, epochNs);
  const until = options.until && relativeNs(options.until, epochNs);
  const tests: Test[] = [];
  // Cheap ones first: telling the cause costs the most.
  if (number !== undefined) tests.push((s) => s.session === number);
  if (fate !== undefined) tests.push((s) => fate.has(s.fate));
  if (since !== undefined) tests.push((s) => s.endNs >= since);
  if (until !== undefined) tests.push((s) => s.startNs <= until);
  if (client !== undefined) {
    tests.push((s) => matches(client, s.ipVersion, s.clientAddressWords, s.clientPort));
  }
  if (server !== undefined) {
    tests.push((s) => matches(server, s.ipVersion, s.serverAddressWords, s.serverPort));
  }
  if (cause !== undefined) tests.push((s) => s.causeId !== undefined && cause.has(s.causeId));
  return (session) => tests.every((test) => test(session));
}

const DAY_MS = 86_400_000;

/** Nanoseconds since the capture's first packet. */
function relativeNs(moment: Moment, epochNs: bigint): number {
  if (moment.kind === 'relative') return moment.ms * 1e6;
  // Milliseconds since 1970 are exact in a double, nanoseconds are not.
  const epochMs = Number(epochNs / 1_000_000n);
  const restNs = Number(epochNs % 1_000_000n);
  if (moment.kind === 'absolute') return (moment.ms - epochMs) * 1e6 - restNs;
  const midnightMs = Math.floor(epochMs / DAY_MS) * DAY_MS;
  const ns = (midnightMs + moment.ms - epochMs) * 1e6 - restNs;
  // Given to the minute, a time within the capture's first minute means that minute.
  return ns > -60e9 ? ns : ns + DAY_MS * 1e6;
}

function matches(
  filters: readonly EndpointFilter[],
  ipVersion: 4 | 6,
  [word0, word1, word2, word3]: AddressWords,
  port: number,
): boolean {
  return filters.some(
    (filter) =>
      (filter.port === undefined || filter.port === port) &&
      filter.network.matches(ipVersion, word0, word1, word2, word3),
  );
}
