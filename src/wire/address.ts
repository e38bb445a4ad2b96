/**
 * IP addresses as text and as the four words that the hot path carries: signed 32-bit integers, an IPv4 address in
 * word 0 with the others 0.
 */
export interface Address {
  readonly ipVersion: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

/** A network such as `10.0.0.0/8`. */
export interface Prefix {
  readonly ipVersion: 4 | 6;
  readonly length: number;
  /** Canonical, host bits cleared. */
  readonly text: string;
  matches(ipVersion: 4 | 6, word0: number, word1: number, word2: number, word3: number): boolean;
}

const GROUPS = 8;
const MAPPED_MARK = 0xffff;

/** IPv6 in the form of RFC 5952, with mapped IPv4 addresses as `::ffff:192.0.2.1` (§5). */
export function formatAddress(
  ipVersion: 4 | 6,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
): string {
  if (ipVersion === 4) return formatIpv4(word0);
  if (word0 === 0 && word1 === 0 && word2 === MAPPED_MARK) return `::ffff:${formatIpv4(word3)}`;
  const groups = [word0, word1, word2, word3].flatMap((word) => [word >>> 16, word & 0xffff]);
  const zeros = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return hex.join(':');
  return `${hex.slice(0, zeros.start).join(':')}::${hex.slice(zeros.start + zeros.length).join(':')}`;
}

const formatIpv4 = (word: number): string =>
  `${word >>> 24}.${(word >>> 16) & 0xff}.${(word >>> 8) & 0xff}.${word & 0xff}`;

/** RFC 5952 §4.2.3: the longest run is shortened, of equally long ones the first. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** Undefined for what is no address; zone indices (`fe80::1%eth0`) and leading zeros in IPv4 are none. */
export function parseAddress(text: string): Address | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return { ipVersion: 4, words: [ipv4, 0, 0, 0] };
  const groups = parseIpv6(text);
  if (groups === undefined) return undefined;
  const word = (index: number): number => ((groups[index] as number) << 16) | (groups[index + 1] as number);
  return { ipVersion: 6, words: [word(0), word(2), word(4), word(6)] };
}

const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;

function parseIpv4(text: string): number | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255))
    return undefined;
  return octets.reduce((word, octet) => (word << 8) | Number(octet), 0);
}

/** RFC 4291 §2.2: the eight groups. */
function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] as string, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  // '::' stands for one group at least.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

const GROUP = /^[0-9a-fA-F]{1,4}$/;

/** `last`: the text ends the address, where the last two groups may be an IPv4 address. */
function parseGroups(text: string, last: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const ipv4 = last && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 === undefined) return undefined;
    groups.push(ipv4 >>> 16, ipv4 & 0xffff);
  }
  return groups;
}

const PREFIX_LENGTH = /^(?:0|[1-9][0-9]{0,2})$/;

/** A network or a single address; host bits are ignored. Undefined for what is neither. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText, lengthText, ...rest] = text.split('/');
  const address = parseAddress(addressText ?? '');
  if (address === undefined || rest.length > 0) return undefined;
  const { ipVersion, words } = address;
  const bits = ipVersion === 4 ? 32 : 128;
  if (lengthText !== undefined && !PREFIX_LENGTH.test(lengthText)) return undefined;
  const length = lengthText === undefined ? bits : Number(lengthText);
  if (length > bits) return undefined;

  const [mask0, mask1, mask2, mask3] = [0, 32, 64, 96].map((before) => maskOf(length - before)) as [
    number,
    number,
    number,
    number,
  ];
  const network = [words[0] & mask0, words[1] & mask1, words[2] & mask2, words[3] & mask3] as const;
  return {
    ipVersion,
    length,
    text: `${formatAddress(ipVersion, ...network)}/${length}`,
    matches: (version, word0, word1, word2, word3) =>
      version === ipVersion &&
      (word0 & mask0) === network[0] &&
      (word1 & mask1) === network[1] &&
      (word2 & mask2) === network[2] &&
      (word3 & mask3) === network[3],
  };
}

/** A shift by 32 would shift by 0. */
function maskOf(length: number): number {
  if (length <= 0) return 0;
  return length >= 32 ? -1 : -1 << (32 - length);
}
