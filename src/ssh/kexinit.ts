import { createHash } from 'node:crypto';
import { u32 } from '../bytes.ts';
import { ContentCache } from './content-cache.ts';
import type { KexInit, Proposal, SshAnomalyCode } from './conversation-api.ts';
import { isPrintable, latin1 } from './latin1.ts';
import { SeenPlace } from './place.ts';

/*
 * SSH_MSG_KEXINIT (RFC 4253 §7.1), the payload from the message number on:
 *
 *     0   byte       20
 *     1   byte[16]   cookie (random)
 *     17  name-list  kex_algorithms, then nine more name-lists
 *         boolean    first_kex_packet_follows
 *         uint32     0 (reserved)
 */

const LISTS_AT = 17;
const TRAILER_LENGTH = 5;
const LIST_COUNT = 10;

/** One instance for each distinct content, as long as the cache remembers it. */
export class SharedProposal implements Proposal {
  readonly kexAlgorithms: readonly string[];
  readonly serverHostKeyAlgorithms: readonly string[];
  readonly encryptionClientToServer: readonly string[];
  readonly encryptionServerToClient: readonly string[];
  readonly macClientToServer: readonly string[];
  readonly macServerToClient: readonly string[];
  readonly compressionClientToServer: readonly string[];
  readonly compressionServerToClient: readonly string[];
  readonly languagesClientToServer: readonly string[];
  readonly languagesServerToClient: readonly string[];
  readonly hassh: string;
  readonly hasshServer: string;

  constructor(lists: readonly string[]) {
    const list = (index: number): string => lists[index] ?? '';
    this.kexAlgorithms = names(list(0));
    this.serverHostKeyAlgorithms = names(list(1));
    this.encryptionClientToServer = names(list(2));
    this.encryptionServerToClient = names(list(3));
    this.macClientToServer = names(list(4));
    this.macServerToClient = names(list(5));
    this.compressionClientToServer = names(list(6));
    this.compressionServerToClient = names(list(7));
    this.languagesClientToServer = names(list(8));
    this.languagesServerToClient = names(list(9));
    // salesforce/hassh: the raw lists of one direction, joined by semicolons.
    this.hassh = md5(`${list(0)};${list(2)};${list(4)};${list(6)}`);
    this.hasshServer = md5(`${list(0)};${list(3)};${list(5)};${list(7)}`);
  }
}

/** 128 distinct proposals: more than any capture of one server sees, and below 5 MB when all are hostile. */
const PROPOSALS = new ContentCache<SharedProposal>(32, 35_000);

export type KexInitReading =
  | {
      readonly proposal: SharedProposal;
      readonly firstKexPacketFollows: boolean;
      readonly fault: SshAnomalyCode | undefined;
    }
  | { readonly proposal: undefined; readonly fault: SshAnomalyCode };

/** `bytes[start … end)` is the payload from the message number on, without padding. */
export function readKexInit(bytes: Uint8Array, start: number, end: number): KexInitReading {
  const known = PROPOSALS.find(bytes, start + LISTS_AT, end - TRAILER_LENGTH);
  if (known !== undefined) {
    return {
      proposal: known,
      firstKexPacketFollows: bytes[end - TRAILER_LENGTH] !== 0,
      fault: undefined,
    };
  }
  return parseKexInit(bytes, start, end);
}

function parseKexInit(bytes: Uint8Array, start: number, end: number): KexInitReading {
  const lists: string[] = [];
  let printable = true;
  let at = start + LISTS_AT;
  for (let index = 0; index < LIST_COUNT; index++) {
    if (at + 4 > end) return { proposal: undefined, fault: 'kexinit-too-short' };
    const length = u32(bytes, at);
    at += 4;
    if (length > end - at) return { proposal: undefined, fault: 'name-list-invalid' };
    printable &&= isPrintable(bytes, at, at + length);
    lists.push(latin1(bytes, at, at + length));
    at += length;
  }
  if (at + TRAILER_LENGTH > end) return { proposal: undefined, fault: 'kexinit-too-short' };
  const proposal = new SharedProposal(lists);
  const firstKexPacketFollows = bytes[at] !== 0;
  if (!printable || lists.some(hasEmptyName)) {
    return { proposal, firstKexPacketFollows, fault: 'name-list-invalid' };
  }
  if (at + TRAILER_LENGTH === end) PROPOSALS.add(bytes, start + LISTS_AT, at, proposal);
  return { proposal, firstKexPacketFollows, fault: undefined };
}

/** RFC 4251 §5: a name must not be empty, and the list of no names is the empty string. */
function hasEmptyName(list: string): boolean {
  return list.startsWith(',') || list.endsWith(',') || list.includes(',,');
}

function names(list: string): readonly string[] {
  return list === '' ? NO_NAMES : list.split(',').filter((name) => name !== '');
}

const NO_NAMES: readonly string[] = [];

function md5(text: string): string {
  return createHash('md5').update(text, 'latin1').digest('hex');
}

export class SeenKexInit extends SeenPlace implements KexInit {
  readonly proposal: SharedProposal;
  readonly firstKexPacketFollows: boolean;

  constructor(
    proposal: SharedProposal,
    firstKexPacketFollows: boolean,
    packet: number,
    timeNs: number,
    endOffset: number,
  ) {
    super(packet, timeNs, endOffset);
    this.proposal = proposal;
    this.firstKexPacketFollows = firstKexPacketFollows;
  }
}
