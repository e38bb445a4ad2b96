import type { SessionRecord } from '../session/record.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/**
 * What a sentence about a session becomes when it is told from the anonymised capture: addresses, host keys and quoted
 * words of the wire are others there, and nothing else is.
 */
export function anonymousText(
  original: SessionRecord,
  anonymous: SessionRecord,
  pseudonyms: Pseudonyms,
): (text: string) => string {
  const replacements = new Map<string, string>();
  for (const address of addressesOf(original)) replacements.set(address, pseudonyms.text(address));
  const after = quotedOf(anonymous);
  for (const [index, before] of quotedOf(original).entries()) {
    const quoted = after[index];
    if (before !== undefined && before !== '' && quoted !== undefined) replacements.set(before, quoted);
  }
  // The longest first: one may begin like another.
  const found = [...replacements.keys()].sort((a, b) => b.length - a.length).map(literally);
  const pattern = new RegExp(found.join('|'), 'g');
  return (text) => text.replace(pattern, (words) => replacements.get(words) ?? words);
}

function addressesOf({ client, server, tcp, surroundings }: SessionRecord): string[] {
  const gateway = surroundings?.gateway?.address;
  const reporters = (tcp.icmp ?? []).map(({ reporter }) => reporter);
  return [client.address, server.address, ...reporters, ...(gateway === undefined ? [] : [gateway])];
}

/** In an order that is the same for both. */
function quotedOf({ client, server, disconnect }: SessionRecord): (string | undefined)[] {
  const most = Array.from({ length: MOST_TEXTS }, (_, index) => index);
  return [
    server.hostKey?.fingerprint,
    ...[client, server].flatMap((side) => [
      side.identification,
      side.software,
      side.foreign?.head,
      ...most.map((index) => side.text?.[index]),
    ]),
    ...most.map((index) => disconnect?.[index]?.description),
  ];
}

/** A record has no more lines. */
const MOST_TEXTS = 17;

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
