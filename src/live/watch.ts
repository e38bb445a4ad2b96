import { Packet } from '../capture/packet.ts';
import { type AnalyzeOptions, DEFAULT_SILENCE_MS, Engine } from '../engine.ts';
import type { EndedBy, Fate } from '../fate/vocabulary.ts';
import { Clock } from '../session/clock.ts';
import type { Session } from '../session/session.ts';
import type { Connection } from '../tcp/connection.ts';
import type { LiveClock } from './live-clock.ts';
import { LossWindows } from './loss-windows.ts';

export interface WatchOptions extends Pick<AnalyzeOptions, 'ports' | 'anyPort' | 'silenceMs' | 'limits'> {
  /** What records call the capture: the interfaces. */
  readonly name: string;
  readonly clock: LiveClock;
  /** What stamps the packets, where it is not the kernel. */
  readonly times?: 'arrival' | undefined;
  /** A verdict, the session's first or one that replaces it. The session is valid only during the call. */
  readonly onVerdict: (session: Session, verdict: Verdict) => void;
  /** A session is over for good, and its last verdict stands. */
  readonly onEnd?: (session: Session) => void;
}

/** Which verdict of a session it is. */
export interface Verdict {
  /** 1 for the first; another one follows where later packets, of this session or of others, change what was said. */
  readonly revision: number;
  /** What it replaces; absent for the first. */
  readonly previous?: { readonly fate: Fate; readonly cause: string | undefined };
}

/** Crossing FINs, and the reset that answers one, come within a round trip; most of those are shorter. */
const SETTLE_NS = 250e6;
/** Between two looks for sessions that wait for an answer. */
const SILENCE_LOOK_NS = 2e9;
/** How far the look may be ahead of packets that are still on their way through the capturing program. */
const MARGIN_NS = 2e9;
/** SYNs without an answer that are looked at in one go: a flood has millions. */
const SYNS_A_LOOK = 500;
const AGEING_EVERY_NS = 300e9;
/** What is known of other sessions is kept as long. */
const KEPT_NS = 3600e9;
const NEIGHBOURS_KEPT_NS = 600e9;

/** What was said of a session that is still in the tracker. */
interface Told {
  revision: number;
  fate: Fate;
  endedBy: EndedBy;
  cause: string | undefined;
  confidence: string | undefined;
  /** Time of the last packet when it was looked at for silence. */
  lookedAtNs: number;
}

/** An open session as a view of the moment shows it. */
export interface OpenSession {
  readonly connection: Connection;
  readonly session: Session;
}

/**
 * Judges live traffic. Each session gets its verdict soon after the packet that decides it, and once more when it is
 * over for good, if that is another one: then the tracker has waited for stragglers, and other sessions have told more.
 * That last verdict is the one that `analyzeCapture` gives for the same packets.
 */
export class Watch {
  readonly engine: Engine;
  readonly losses = new LossWindows();
  /** Packets so far; their numbers go through all interfaces. */
  packets = 0;
  private readonly options: WatchOptions;
  private readonly clock: LiveClock;
  private readonly silenceNs: number;
  private readonly packet = new Packet();
  private readonly pending: { connection: Connection; number: number; dueNs: number }[] = [];
  private readonly isPending = new Set<number>();
  private readonly told = new Map<number, Told>();
  private lastSilenceLookNs = 0;
  private lastAgeingNs = 0;
  private untilNs = 0;

  constructor(options: WatchOptions) {
    this.options = options;
    this.clock = options.clock;
    this.silenceNs = (options.silenceMs ?? DEFAULT_SILENCE_MS) * 1e6;
    this.engine = new Engine(options.name, options, {
      clock: () => new Clock(this.clock.epochNs, 9),
      untilNs: () => this.untilNs,
      times: options.times,
      onSession: (session) => this.ended(session),
      onClosing: (connection) => this.closing(connection),
      lostBetween: (fromNs, toNs) => this.losses.between(fromNs, toNs),
    });
  }

  /**
   * Takes a packet; returns its number. `sourceEpochNs`: what the times of this source's packets count from,
   * nanoseconds since 1970. `interfaceId`: position among the interfaces.
   */
  take(packet: Packet, sourceEpochNs: bigint, interfaceId: number): number {
    const own = this.packet;
    own.bytes = packet.bytes;
    own.offset = packet.offset;
    own.capturedLength = packet.capturedLength;
    own.originalLength = packet.originalLength;
    own.linkType = packet.linkType;
    own.interfaceId = interfaceId;
    own.number = ++this.packets;
    own.timeNs = this.clock.packetNs(packet.timeNs + this.sinceEpoch(sourceEpochNs));
    this.engine.dissector.packet(own);
    return own.number;
  }

  /** Time goes on; call some times a second. */
  tick(): void {
    if (this.clock.check() !== 0) this.engine.clockChanged();
    const nowNs = this.clock.nowNs();
    this.judgePending(nowNs);
    const doneNs = nowNs - MARGIN_NS;
    this.untilNs = Math.max(this.untilNs, doneNs);
    this.engine.tracker.tick(doneNs);
    if (nowNs - this.lastSilenceLookNs >= SILENCE_LOOK_NS) this.lookForSilence(nowNs);
    if (nowNs - this.lastAgeingNs >= AGEING_EVERY_NS) this.forget(nowNs);
  }

  /** The capture lost packets, some time since `sinceNs`; `count` is 0 where nobody counts. */
  lost(sinceNs: number, count: number): void {
    this.losses.add(sinceNs, this.clock.nowNs(), count);
  }

  /** Decides what is open. */
  finish(): void {
    this.untilNs = Math.max(this.untilNs, this.clock.nowNs());
    this.engine.tracker.finish();
  }

  /**
   * How many sessions go on, beyond those that are only a SYN, and the newest of them that match, at most `limit`.
   * Valid until the next packet.
   */
  open(
    limit: number,
    matches: (connection: Connection) => boolean = () => true,
  ): { readonly count: number; readonly newest: readonly OpenSession[] } {
    let count = 0;
    // Sorted only now and then: of 65,000 some hundred are wanted.
    let newest: Connection[] = [];
    let above = 0;
    this.engine.tracker.forEachOpen((connection) => {
      if (connection.number === 0 || connection.closed) return;
      count++;
      if (connection.number <= above || !matches(connection)) return;
      newest.push(connection);
      if (newest.length < 4 * limit) return;
      newest = newestFirst(newest).slice(0, limit);
      above = newest.at(-1)?.number ?? 0;
    });
    return {
      count,
      newest: newestFirst(newest)
        .slice(0, limit)
        .map((connection) => ({ connection, session: this.engine.sessionOf(connection) })),
    };
  }

  private epochCached = 0n;
  private sourceCached = -1n;
  private differenceNs = 0;

  /** Nearly always the same two, and BigInt arithmetic for each packet would cost as much as its dissection. */
  private sinceEpoch(sourceEpochNs: bigint): number {
    if (sourceEpochNs !== this.sourceCached || this.clock.epochNs !== this.epochCached) {
      this.sourceCached = sourceEpochNs;
      this.epochCached = this.clock.epochNs;
      this.differenceNs = Number(sourceEpochNs - this.clock.epochNs);
    }
    return this.differenceNs;
  }

  // Verdicts

  private closing(connection: Connection): void {
    if (!this.engine.tracker.isSession(connection)) return;
    const { number } = connection;
    if (this.isPending.has(number)) return;
    this.isPending.add(number);
    this.pending.push({ connection, number, dueNs: this.clock.nowNs() + SETTLE_NS });
  }

  private judgePending(nowNs: number): void {
    let done = 0;
    for (const { connection, number, dueNs } of this.pending) {
      if (dueNs > nowNs) break;
      done++;
      // Not when it has ended meanwhile: the object may serve another connection by now.
      if (this.isPending.delete(number) && connection.number === number) this.judgeEarly(connection);
    }
    if (done > 0) this.pending.splice(0, done);
  }

  private judgeEarly(connection: Connection): void {
    if (!connection.isWhole) {
      // With a hole in it the end may look like another one. As long as both sides go on, it may still be filled.
      if (!connection.closed) return;
      connection.finish();
    }
    const session = this.engine.sessionOf(connection);
    const { fate } = session;
    if (fate !== 'open' && fate !== 'undetermined') {
      this.tell(session);
      if (connection.closed) this.engine.surroundings.noteEarly(connection, session);
    }
    session.release();
  }

  private ended(session: Session): void {
    const number = session.session;
    this.tell(session);
    this.options.onEnd?.(session);
    this.told.delete(number);
    this.isPending.delete(number);
  }

  private tell(session: Session): void {
    const { session: number, fate, endedBy, causeId } = session;
    const told = this.told.get(number);
    if (
      told !== undefined &&
      told.revision > 0 &&
      told.fate === fate &&
      told.endedBy === endedBy &&
      told.cause === causeId &&
      told.confidence === session.cause?.confidence
    ) {
      return;
    }
    const revision = (told?.revision ?? 0) + 1;
    this.told.set(number, {
      revision,
      fate,
      endedBy,
      cause: causeId,
      confidence: session.cause?.confidence,
      lookedAtNs: told?.lookedAtNs ?? Number.NEGATIVE_INFINITY,
    });
    session.revision = revision > 1 ? revision : undefined;
    this.options.onVerdict(session, {
      revision,
      ...(told !== undefined && told.revision > 0 && { previous: { fate: told.fate, cause: told.cause } }),
    });
  }

  // Silence and age

  private lookForSilence(nowNs: number): void {
    this.lastSilenceLookNs = nowNs;
    const { tracker } = this.engine;
    const beforeNs = nowNs - this.silenceNs - MARGIN_NS;
    tracker.lookAtQuietSyns(beforeNs, SYNS_A_LOOK, (connection) => this.lookAtQuiet(connection));
    const quiet: Connection[] = [];
    tracker.forEachOpen((connection) => {
      if (connection.number > 0 && !connection.closed && connection.lastNs <= beforeNs)
        quiet.push(connection);
    });
    for (const connection of quiet) this.lookAtQuiet(connection);
  }

  private lookAtQuiet(connection: Connection): void {
    const { number, lastNs } = connection;
    const told = this.told.get(number);
    if (told?.lookedAtNs === lastNs) return;
    this.judgeEarly(connection);
    const now = this.told.get(number);
    if (now !== undefined) now.lookedAtNs = lastNs;
    else this.told.set(number, { ...NOTHING_TOLD, lookedAtNs: lastNs });
  }

  private forget(nowNs: number): void {
    this.lastAgeingNs = nowNs;
    this.engine.surroundings.forgetBefore(nowNs - KEPT_NS);
    this.engine.tracker.forgetNeighbours(nowNs - NEIGHBOURS_KEPT_NS);
  }
}

const newestFirst = (connections: Connection[]): Connection[] =>
  connections.sort((a, b) => b.number - a.number);

const NOTHING_TOLD: Omit<Told, 'lookedAtNs'> = {
  revision: 0,
  fate: 'open',
  endedBy: 'nobody',
  cause: undefined,
  confidence: undefined,
};
