import type { Capture } from '../capture/capture.ts';
import { type AnalyzeOptions, analyzeCapture } from '../engine.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Session } from '../session/session.ts';
import { addressKey } from './packet-selection.ts';
import { placeOf, type SessionPlace } from './session-place.ts';

/** A session that is extracted: where it is, and what was told of it. */
export interface Target {
  readonly place: SessionPlace;
  readonly record: SessionRecord;
}

/**
 * How far around a session is looked for what its verdict rests on. Each step holds the one before it:
 *
 * - `own`: nothing but its own packets
 * - `cited`: and the sessions of which its cause or its surroundings name a packet
 * - `pair`: and those of the same client at the same server
 * - `neighbourhood`: and all of this server, and all of this client
 * - `everything`: all that is watched
 */
export const REACHES = ['own', 'cited', 'pair', 'neighbourhood', 'everything'] as const;
export type Reach = (typeof REACHES)[number];

/** Of each reach, so that what a flood brings has an end: each costs some 300 bytes here. Beyond it packets are chosen, but what is in them is not known. */
const MAX_RELATED = 1 << 16;

/** By how far around a target one must look to meet them. */
export type RelatedSessions = Readonly<Record<Exclude<Reach, 'own'>, readonly RelatedSession[]>>;

export interface RelatedSession {
  readonly place: SessionPlace;
  /** Of the targets that it is related to in this way; all, where none is named. */
  readonly of: readonly number[];
}

/** Reads a capture for the sessions around some of its sessions. */
export async function findRelated(
  capture: Capture,
  targets: readonly Target[],
  options: AnalyzeOptions,
): Promise<RelatedSessions> {
  const chosen = new Set(targets.map(({ place }) => place.session));
  const lookup = new TargetLookup(targets);
  const related: Record<Exclude<Reach, 'own'>, RelatedSession[]> = {
    cited: [],
    pair: [],
    neighbourhood: [],
    everything: [],
  };
  await analyzeCapture(capture, options, (session) => {
    if (chosen.has(session.session)) return;
    const place = placeOf(session);
    const note = (reach: Exclude<Reach, 'own'>, of: readonly number[]): void => {
      if (related[reach].length < MAX_RELATED) related[reach].push({ place, of });
    };
    const { cited, pair, neighbourhood } = lookup.relationsOf(place, session);
    if (cited.length > 0) note('cited', cited);
    if (pair.length > 0) note('pair', pair);
    if (neighbourhood.length > 0) note('neighbourhood', neighbourhood);
    note('everything', []);
  });
  return related;
}

class TargetLookup {
  readonly #citing = new Map<number, number[]>();
  readonly #byPair = new Map<string, number[]>();
  readonly #byServer = new Map<string, number[]>();
  readonly #byClient = new Map<string, number[]>();

  constructor(targets: readonly Target[]) {
    for (const { place, record } of targets) {
      for (const packet of citedPackets(record)) push(this.#citing, packet, place.session);
      push(this.#byPair, pairKey(place), place.session);
      push(this.#byServer, serverKey(place), place.session);
      push(this.#byClient, addressKey(place.ipVersion, place.client), place.session);
    }
  }

  relationsOf(place: SessionPlace, { observed: { closes, icmp } }: Session) {
    const ends = [place.firstPacket, place.lastPacket, closes[0]?.packet, icmp?.packet];
    const citing = ends.flatMap((packet) => (packet === undefined ? [] : (this.#citing.get(packet) ?? [])));
    const near = this.#byServer.get(serverKey(place)) ?? [];
    const same = this.#byClient.get(addressKey(place.ipVersion, place.client)) ?? [];
    return {
      cited: [...new Set(citing)],
      pair: this.#byPair.get(pairKey(place)) ?? [],
      neighbourhood:
        near.length > 0 && same.length > 0 ? [...new Set([...near, ...same])] : [...near, ...same],
    };
  }
}

const serverKey = ({ ipVersion, server, serverPort }: SessionPlace): string =>
  `${addressKey(ipVersion, server)} ${serverPort}`;
const pairKey = (place: SessionPlace): string =>
  `${serverKey(place)} ${addressKey(place.ipVersion, place.client)}`;

function push<Key>(lists: Map<Key, number[]>, key: Key, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** Packets that what is told of a session names, its own among them. */
function citedPackets({ cause, alternatives = [], surroundings }: SessionRecord): Set<number> {
  const packets = new Set<number>();
  for (const { evidence, summary } of cause === undefined ? alternatives : [cause, ...alternatives]) {
    for (const { packet, what } of evidence) {
      packets.add(packet);
      for (const named of packetsIn(what)) packets.add(named);
    }
    for (const named of packetsIn(summary)) packets.add(named);
  }
  const { unauthenticated, together } = surroundings?.server ?? {};
  for (const packet of unauthenticated?.packets ?? []) packets.add(packet);
  for (const packet of together?.packets ?? []) packets.add(packet);
  for (const { packet } of surroundings?.client.earlier ?? []) packets.add(packet);
  for (const { packet } of surroundings?.client.later ?? []) packets.add(packet);
  return packets;
}

/** Numbers in sentences such as 'begin with packet 3, 17'. */
function packetsIn(text: string): number[] {
  return [...text.matchAll(PACKETS_IN_WORDS)].flatMap(([phrase]) => (phrase.match(/\d+/g) ?? []).map(Number));
}

/** The same sentence with other numbers. */
export function renumbered(text: string, packet: (number: number) => number): string {
  return text.replace(PACKETS_IN_WORDS, (phrase) =>
    phrase.replace(/\d+/g, (digits) => String(packet(Number(digits)))),
  );
}

/** 'packets 64' after 'the hop limit of its other' is none. */
const PACKETS_IN_WORDS = /(?:\bbegins? with|, in) packet \d+(?:, \d+)*/g;
