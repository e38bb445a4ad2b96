import type { JointPlace } from '../compare/comparison.ts';
import { JOINT_CAUSES } from '../compare/joint-causes.ts';
import { CAUSES } from '../diagnosis/catalogue.ts';
import { PATTERNS } from '../diagnosis/patterns/catalogue.ts';
import { FATES, type Fate } from '../fate/vocabulary.ts';
import type { SessionColumnName } from '../report/session-columns.ts';
import { SESSION_COLUMN_NAMES } from '../report/session-columns.ts';
import { HEALTHY_FATES } from '../report/severity.ts';
import { type Prefix, parsePrefix } from '../wire/address.ts';
import { UsageError } from './errors.ts';
import { didYouMean } from './near-miss.ts';

/** Each `parse…` turns an option's text into its value, or throws a UsageError that says what would be right. */

/** Makes a parser's message name its option. */
export function optionValue<Value>(name: string, parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`${name}: ${error.message}`);
      throw error;
    }
  };
}

export const CAUSE_IDS: readonly string[] = CAUSES.map((cause) => cause.id);
export const JOINT_CAUSE_IDS: readonly string[] = JOINT_CAUSES.map((cause) => cause.id);
export const PATTERN_IDS: readonly string[] = PATTERNS.map((pattern) => pattern.id);

export function parsePorts(text: string): readonly number[] {
  return list(text).map((item) => {
    const port = wholeNumber(item);
    if (port === undefined || port < 1 || port > 65_535) {
      throw new UsageError(`'${item}' is no port. Give numbers from 1 to 65535, as in 22,2222.`);
    }
    return port;
  });
}

export function parseFates(text: string): ReadonlySet<Fate> {
  return new Set(list(text).map((item) => fate(item, FATES, 'fate')));
}

export function parseCauses(text: string): ReadonlySet<string> {
  return new Set(list(text).map((item) => oneOf(item, CAUSE_IDS, 'cause')));
}

/** Sessions that make `--fail-on` match. */
export interface FailOn {
  readonly fates: ReadonlySet<Fate>;
  readonly causes: ReadonlySet<string>;
}

export const ANY_FAILURE = 'any-failure';

/** Of what is not known to have failed, nothing is claimed. */
const NO_FAILURES: ReadonlySet<Fate> = new Set<Fate>([...HEALTHY_FATES, 'undetermined']);

export function parseFailOn(text: string): FailOn {
  const fates = new Set<Fate>();
  const causes = new Set<string>();
  for (const item of list(text)) {
    if (item === ANY_FAILURE) {
      for (const each of FATES) if (!NO_FAILURES.has(each)) fates.add(each);
    } else if (CAUSE_IDS.includes(item)) causes.add(item);
    else fates.add(fate(item, [...FATES, ...CAUSE_IDS, ANY_FAILURE], 'fate or cause'));
  }
  return { fates, causes };
}

export interface EndpointFilter {
  readonly network: Prefix;
  readonly port: number | undefined;
}

/** `10.0.0.0/8`, `10.0.0.1:22`, `2001:db8::1`, `[2001:db8::/32]:22`, and lists of these. */
export function parseEndpoints(text: string): readonly EndpointFilter[] {
  return list(text).map((item) => {
    const bracketed = /^\[(.*)\](?::(\d+))?$/.exec(item);
    const withPort = /^([^:]*):(\d+)$/.exec(item);
    const [, address = item, portText] = bracketed ?? withPort ?? [];
    const network = parsePrefix(address);
    if (network === undefined) {
      throw new UsageError(
        `'${item}' is no address. Give one as in 10.0.0.1, 10.0.0.0/8, 10.0.0.1:22, 2001:db8::1 or [2001:db8::1]:22.`,
      );
    }
    return { network, port: portText === undefined ? undefined : parsePorts(portText)[0] };
  });
}

/** Milliseconds: `15s`, `500ms`, `2m`, `1h30m`; a bare number is seconds. */
export function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) {
    throw new UsageError(`'${text}' is no length of time. Give one as in 15s, 500ms, 2m or 1h30m.`);
  }
  return ms;
}

/** A moment that may only be known when the capture's first packet is. */
export type Moment =
  | { readonly kind: 'absolute'; readonly ms: number }
  /** After the capture's first packet. */
  | { readonly kind: 'relative'; readonly ms: number }
  /** The first such time of day at or after the capture's first packet, UTC. */
  | { readonly kind: 'time-of-day'; readonly ms: number };

export function parseMoment(text: string): Moment {
  if (text.startsWith('+')) {
    const ms = durationMs(text.slice(1));
    if (ms !== undefined) return { kind: 'relative', ms };
  }
  const time = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text);
  if (time !== null) {
    const [hours, minutes, seconds] = [Number(time[1]), Number(time[2]), Number(time[3] ?? 0)];
    if (hours < 24 && minutes < 60 && seconds < 60) {
      return { kind: 'time-of-day', ms: ((hours * 60 + minutes) * 60 + seconds) * 1000 };
    }
  }
  const date = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (date !== null) {
    // Without a zone it is UTC, as all times that are printed, and not the zone of this machine.
    const zoned = date[1] === undefined && text.length > 10 ? `${text}Z` : text;
    const ms = Date.parse(zoned.replace(' ', 'T'));
    if (!Number.isNaN(ms)) return { kind: 'absolute', ms };
  }
  throw new UsageError(
    `'${text}' is no time. Give one as in 2026-11-23T11:26:46Z, 11:26 (UTC) or +90s (after the first packet).`,
  );
}

/** Places of a joint verdict at which something is wrong. */
export const PLACES = [
  'client',
  'path',
  'server',
  'hosts',
  'unknown',
] as const satisfies readonly JointPlace[];

export function parsePlaces(text: string): ReadonlySet<JointPlace> {
  return new Set(list(text).map((one) => oneOf(one, PLACES, 'place') as JointPlace));
}

export function parseCount(text: string): number {
  const count = wholeNumber(text);
  if (count === undefined) throw new UsageError(`'${text}' is no whole number. Give one as in 20.`);
  return count;
}

export function parseSessionNumber(text: string): number {
  const number = wholeNumber(text);
  if (number === undefined || number < 1) {
    throw new UsageError(`'${text}' is no session number. They are counted from 1, in the column #.`);
  }
  return number;
}

/** '4' or '4,7'; given several times, all of them. */
export function parseSessionNumbers(text: string): readonly number[] {
  return list(text).map(parseSessionNumber);
}

export function parseFindingId(text: string): string {
  if (!/^[0-9a-f]{10}$/.test(text)) {
    throw new UsageError(
      `'${text}' is no id of a finding. They are 10 hexadecimal digits: 'sshfate analyze --format json' has them under findings.`,
    );
  }
  return text;
}

const UNIT_BYTES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Bytes: `500k`, `10M`, `1G`, powers of ten as sizes of attachments are limited. */
export function parseSize(text: string): number {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text) ?? [];
  if (count === undefined) {
    throw new UsageError(`'${text}' is no size. Give one as in 500k, 10M or 1G.`);
  }
  return Math.floor(Number(count) * (UNIT_BYTES[unit.toLowerCase()] ?? 1));
}

export function parseSortColumn(text: string): SessionColumnName {
  return oneOf(text, SESSION_COLUMN_NAMES, 'column') as SessionColumnName;
}

export function oneOf(text: string, known: readonly string[], noun: string): string {
  if (known.includes(text)) return text;
  const hint = didYouMean(text, known);
  throw new UsageError(`'${text}' is no ${noun}.${hint === '' ? ` Known are ${known.join(', ')}.` : hint}`);
}

function fate(text: string, known: readonly string[], noun: string): Fate {
  const found = FATES.find((each) => each === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `'${text}' is no ${noun}.${didYouMean(text, known) || " 'sshfate explain' lists all of them."}`,
  );
}

function list(text: string): string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw new UsageError('It is empty. Give a value, or leave the option out.');
  return items;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function durationMs(text: string): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|min|m|h|d))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|min|m|h|d)/g)) {
    sum += Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return sum;
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
