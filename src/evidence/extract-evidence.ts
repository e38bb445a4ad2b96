import path from 'node:path';
import { openCapture } from '../capture/open-capture.ts';
import { sha256OfFile } from '../capture/spool.ts';
import { type AnalyzeOptions, analyzeCapture, DEFAULT_PORTS } from '../engine.ts';
import type { Finding } from '../report/document.ts';
import { PatternFindings } from '../report/pattern-findings.ts';
import type { SessionRecord } from '../session/record.ts';
import { anonymousText } from './anonymous-text.ts';
import { type CommentedSession, packetComments, sectionComment } from './evidence-comments.ts';
import { EvidenceError } from './evidence-error.ts';
import { type EvidenceSelection, findTargets, type Targets } from './find-targets.ts';
import { maskClear } from './mask-clear.ts';
import { FragmentedStreams, PacketRewriter } from './packet-rewriter.ts';
import { addressKey, type PacketSelection, selectPackets } from './packet-selection.ts';
import { Pseudonyms } from './pseudonyms.ts';
import { findRelated, REACHES, type Reach, type RelatedSessions, type Target } from './related-sessions.ts';
import { sameVerdict } from './same-verdict.ts';
import { SelectedCapture } from './selected-capture.ts';
import { SessionPlaces } from './session-place.ts';
import { readLayouts, type SessionLayout } from './stream-layout.ts';
import type { WatchedPorts } from './watched-ports.ts';
import { writeEvidence } from './write-evidence.ts';

/** How {@link extractEvidence} reads the source, and what it leaves out or changes. */
export interface EvidenceOptions {
  /** Of the writing program, as in 'sshfate 1.0.0': readers take what follows the name for its version. */
  readonly application: string;
  /** As the capture was analysed: ports, silence, limits, signal. */
  readonly analysis?: AnalyzeOptions | undefined;
  /** How the source is called in comments; its file name when not given. */
  readonly sourceName?: string | undefined;
  /** Cuts off what stands behind NEWKEYS. */
  readonly stripPayload?: boolean | undefined;
  /** Anonymises with this key of 32 bytes. */
  readonly anonymizationKey?: Uint8Array | undefined;
  /** The evidence does not become larger; what must stay out is told in `notes`. */
  readonly maxBytes?: number | undefined;
  /** Told of each reading of the capture. */
  readonly onPass?: ((what: string) => void) | undefined;
}

/** What {@link extractEvidence} wrote. */
export interface ExtractedEvidence {
  /** Those that were asked for, by number; of a finding at most its first 1000. */
  readonly sessions: readonly ExtractedSession[];
  /** That was asked for; undefined where sessions were. */
  readonly finding: Finding | undefined;
  /** In the evidence. */
  readonly packets: number;
  /** Of the evidence file. */
  readonly bytes: number;
  /** Packets of the source that were read, and its SHA-256 in hexadecimal. */
  readonly source: { readonly packets: number; readonly sha256: string };
  /** What was changed, left out, or could not be kept; a sentence each. */
  readonly notes: readonly string[];
}

/** A session that was asked for, in the source and in the evidence. */
export interface ExtractedSession {
  /** In the source. */
  readonly session: number;
  /** As judged in the source. */
  readonly record: SessionRecord;
  /** As judged in the evidence; absent when it does not show there at all. */
  readonly extracted: SessionRecord | undefined;
  /** Fate, cause and evidence are the same. */
  readonly isSame: boolean;
}

/**
 * Takes the packets of sessions out of a capture, with what their verdict rests on, as a pcapng whose comments tell the
 * verdict. What is chosen is judged before it is written: where the verdict is not the same yet, more of what surrounds
 * the session is taken along.
 *
 * @param file a regular file: it is read several times.
 * @param write called with the bytes of the evidence, in order.
 * @throws {EvidenceError} when the selection is not in the capture.
 * @throws {CaptureError} when the capture cannot be read.
 * @throws the reason of `analysis.signal`, once it is aborted: then what was written is no whole file.
 */
export async function extractEvidence(
  file: string,
  selection: EvidenceSelection,
  options: EvidenceOptions,
  write: (bytes: Uint8Array) => void,
): Promise<ExtractedEvidence> {
  const extraction = new Extraction(file, options);
  options.onPass?.('judging');
  const found = await findTargets(file, selection, extraction.analysis);
  return extraction.run(found, write);
}

/** Packets that are to be written, and how. */
interface Draft {
  readonly selection: PacketSelection;
  readonly places: SessionPlaces;
  readonly fragments: FragmentedStreams;
  /** Absent while packets stay as they are. */
  readonly layouts?: ReadonlyMap<number, SessionLayout> | undefined;
  readonly strip: boolean;
}

interface Judged {
  /** By the number of the session's first packet in the source. */
  readonly records: ReadonlyMap<number, SessionRecord>;
  readonly patterns: PatternFindings;
  /** Of each packet, as it will be captured. */
  readonly lengths: Uint32Array;
}

/** Block header and trailer, options for the packet's number. */
const BYTES_OF_BLOCK = 52;
/** Section, interface and statistics blocks without their comments. */
const BYTES_AROUND = 1024;

class Extraction {
  readonly analysis: AnalyzeOptions;
  readonly #file: string;
  readonly #options: EvidenceOptions;
  readonly #ports: WatchedPorts;
  readonly #pseudonyms: Pseudonyms | undefined;
  readonly #notes: string[] = [];

  constructor(file: string, options: EvidenceOptions) {
    this.#file = file;
    this.#options = options;
    this.analysis = options.analysis ?? {};
    const { ports, anyPort } = this.analysis;
    this.#ports = { ports: ports ?? DEFAULT_PORTS, anyPort: anyPort ?? false };
    if (options.anonymizationKey !== undefined) this.#pseudonyms = new Pseudonyms(options.anonymizationKey);
  }

  async run(found: Targets, write: (bytes: Uint8Array) => void): Promise<ExtractedEvidence> {
    const { targets, finding, unlisted } = found;
    if (unlisted > 0) {
      this.#notes.push(
        `The finding has ${unlisted} more sessions than are in here: its first ${targets.length} show it.`,
      );
    }
    const plain = await this.#widen(targets, finding);
    let draft = await this.#changed(plain, this.#options.stripPayload ?? false);
    let judged = await this.#judge(draft, 'checking');
    const sha256 = await sha256OfFile(this.#file, this.analysis.signal);
    const source = { name: this.#sourceName(), sha256, packets: found.sourcePackets };
    ({ draft, judged } = await this.#fit(draft, judged, targets));

    const { numbers } = draft.selection;
    const sessions = targets.map(({ place, record }): ExtractedSession => {
      const extracted = judged.records.get(place.firstPacket);
      const isSame = this.#isSame({ place, record }, extracted, numbers);
      return { session: place.session, record, extracted, isSame };
    });
    this.#noteDifferences(sessions);
    if (finding?.pattern !== undefined && !showsLike(judged, finding)) {
      this.#notes.push('This file does not show the finding itself, only examples of its sessions.');
    }
    const commented = sessions.flatMap(commentedSession);
    const name = source.name ?? 'the source';
    this.#options.onPass?.('writing');
    const written = await writeEvidence(
      {
        file: this.#file,
        numbers,
        rewriter: this.#rewriter(draft),
        isAnonymous: this.#pseudonyms !== undefined,
        application: this.#options.application,
        signal: this.analysis.signal,
        sectionComment: sectionComment({
          application: this.#options.application,
          source,
          packets: numbers.length,
          sessions: commented,
          notes: this.#notes,
        }),
        packetComments: (original) =>
          packetComments(commented, (packet) => `packet ${original(packet)} of ${name}`),
      },
      write,
    );
    return {
      sessions,
      finding,
      packets: written.packets,
      bytes: written.bytes,
      source: { packets: source.packets, sha256 },
      notes: this.#notes,
    };
  }

  /** Looks further around those sessions whose verdict is not the same yet. */
  async #widen(targets: readonly Target[], finding: Finding | undefined): Promise<Draft> {
    const reach = new Map<number, Reach>(targets.map(({ place }) => [place.session, 'own']));
    let related: RelatedSessions | undefined;
    for (;;) {
      const draft = await this.#select(targets, reach, related);
      const judged = await this.#judge(draft, 'checking');
      const { numbers } = draft.selection;
      const translation = {
        packet: (number: number) => numbers[number - 1] ?? 0,
        text: (text: string) => text,
      };
      const unlike = targets.filter(({ place, record }) => {
        const extracted = judged.records.get(place.firstPacket);
        return extracted === undefined || !sameVerdict(record, extracted, translation);
      });
      const lacksPattern = finding?.pattern !== undefined && !showsPattern(judged, finding);
      let widened = false;
      for (const { place } of lacksPattern ? targets : unlike) {
        const now = REACHES.indexOf(reach.get(place.session) ?? 'own');
        // What many sessions show together is not shown by one more.
        const next = REACHES[lacksPattern ? Math.max(now + 1, REACHES.indexOf('neighbourhood')) : now + 1];
        if (next === undefined) continue;
        reach.set(place.session, next);
        widened = true;
      }
      if (!widened) return draft;
      related ??= await this.#related(targets);
    }
  }

  async #related(targets: readonly Target[]): Promise<RelatedSessions> {
    this.#options.onPass?.('looking around');
    const capture = await openCapture(this.#file);
    try {
      return await findRelated(capture, targets, this.analysis);
    } finally {
      capture.close();
    }
  }

  async #select(
    targets: readonly Target[],
    reach: ReadonlyMap<number, Reach>,
    related: RelatedSessions | undefined,
  ): Promise<Draft> {
    const places = new SessionPlaces();
    for (const { place } of targets) places.add(place, true);
    let everything = false;
    for (const [session, far] of reach) {
      const steps = REACHES.slice(1, REACHES.indexOf(far) + 1);
      for (const step of steps) {
        for (const { place, of } of related?.[step as keyof RelatedSessions] ?? []) {
          if (of.length === 0 || of.includes(session)) places.add(place);
        }
        if (step === 'everything') everything = true;
      }
    }
    return { ...(await this.#packetsOf(targets, places, everything)), places, strip: false };
  }

  async #packetsOf(
    targets: readonly Target[],
    places: SessionPlaces,
    everything: boolean,
  ): Promise<{ selection: PacketSelection; fragments: FragmentedStreams }> {
    this.#options.onPass?.('choosing packets');
    const servers = new Set(targets.map(({ place }) => addressKey(place.ipVersion, place.server)));
    const fragments = new FragmentedStreams();
    const capture = await openCapture(this.#file);
    try {
      places.rewind();
      const selection = await selectPackets(capture, places, servers, {
        ports: this.#ports,
        signal: this.analysis.signal,
        everything,
        onSegment: (place, segment, pieces) => {
          if (pieces.length > 0) fragments.note(place, segment, pieces);
        },
      });
      this.analysis.signal?.throwIfAborted();
      if (selection.isLimited) {
        this.#notes.push('There are more packets than can be chosen: the last ones are not in here.');
      }
      return { selection, fragments };
    } finally {
      capture.close();
    }
  }

  /** The same packets with their streams read, if they are to be changed. */
  async #changed(draft: Draft, strip: boolean): Promise<Draft> {
    const pseudonyms = this.#pseudonyms;
    if (!strip && pseudonyms === undefined) return draft;
    const source = await openCapture(this.#file);
    try {
      const capture = new SelectedCapture(source, draft.selection.numbers, { keepNumbers: true });
      const edit =
        pseudonyms &&
        ((conversation: Parameters<typeof maskClear>[0], side: 0 | 1, clear: Uint8Array) =>
          maskClear(conversation, side, clear, pseudonyms));
      const layouts = await readLayouts(capture, this.#ports, this.analysis.signal, edit);
      return { ...draft, layouts, strip };
    } finally {
      source.close();
    }
  }

  #rewriter(draft: Draft): PacketRewriter | undefined {
    const { layouts, places, fragments, strip } = draft;
    if (layouts === undefined) return undefined;
    places.rewind();
    return new PacketRewriter({
      ports: this.#ports,
      ...{ places, layouts, fragments, strip },
      pseudonyms: this.#pseudonyms,
    });
  }

  /** What an analysis of the evidence will say. */
  async #judge(draft: Draft, what: string): Promise<Judged> {
    this.#options.onPass?.(what);
    const { numbers } = draft.selection;
    const records = new Map<number, SessionRecord>();
    const patterns = new PatternFindings();
    const lengths = new Uint32Array(numbers.length);
    const rewriter = this.#rewriter(draft);
    let packets = 0;
    const source = await openCapture(this.#file);
    try {
      const capture = new SelectedCapture(source, numbers, {
        transform: (packet) => {
          const changed = rewriter?.rewrite(packet) ?? packet;
          lengths[packets++] = changed.capturedLength;
          return changed;
        },
      });
      const record = await analyzeCapture(capture, this.analysis, (session) => {
        patterns.add(session);
        const first = numbers[session.firstPacket - 1] as number;
        // Of sessions that are only there for others nothing is told.
        if (draft.places.isFirstOfTarget(first)) records.set(first, session.toJSON());
      });
      patterns.captureEnded(record);
    } finally {
      source.close();
    }
    this.analysis.signal?.throwIfAborted();
    return { records, patterns, lengths };
  }

  /** Makes the evidence small enough, step by step: what is missed least goes first. */
  async #fit(
    draft: Draft,
    judged: Judged,
    targets: readonly Target[],
  ): Promise<{ draft: Draft; judged: Judged }> {
    const { maxBytes } = this.#options;
    if (maxBytes === undefined || this.#sizeOf(draft, judged, targets) <= maxBytes) return { draft, judged };
    let small = draft;
    let seen = judged;
    if (!small.strip) {
      small = await this.#changed(small, true);
      seen = await this.#judge(small, 'checking');
      this.#notes.push('To keep the file small, what stands behind NEWKEYS is cut off.');
      if (this.#sizeOf(small, seen, targets) <= maxBytes) return { draft: small, judged: seen };
    }
    const places = new SessionPlaces();
    for (const { place } of targets) places.add(place, true);
    const own = { ...(await this.#packetsOf(targets, places, false)), places, strip: false };
    const left = small.selection.numbers.length - own.selection.numbers.length;
    if (left > 0) {
      small = await this.#changed(own, true);
      seen = await this.#judge(small, 'checking');
      this.#notes.push(`To keep the file small, ${left} packets of other sessions are left out.`);
      if (this.#sizeOf(small, seen, targets) <= maxBytes) return { draft: small, judged: seen };
    }
    return this.#decisiveFirst(small, seen, targets, maxBytes);
  }

  /** The packets that the verdict names and the handshakes, then what fits of the others from the start. */
  async #decisiveFirst(
    draft: Draft,
    judged: Judged,
    targets: readonly Target[],
    maxBytes: number,
  ): Promise<{ draft: Draft; judged: Judged }> {
    const { numbers } = draft.selection;
    const decisive = new Set(targets.flatMap(({ record }) => decisivePackets(record)));
    let room = maxBytes - this.#commentBytes(judged, targets);
    const kept = new Uint8Array(numbers.length);
    for (const wanted of [true, false]) {
      for (let index = 0; index < numbers.length; index++) {
        if (decisive.has(numbers[index] as number) !== wanted) continue;
        const size = blockSize(judged.lengths[index] as number);
        if (size > room) break;
        room -= size;
        kept[index] = 1;
      }
    }
    const fewer = numbers.filter((_, index) => kept[index] === 1);
    if (fewer.length === 0) {
      throw new EvidenceError(
        `${maxBytes} bytes are too few for the verdict and its packets. Allow more with --max-size.`,
      );
    }
    const selection = { ...draft.selection, numbers: fewer };
    this.#notes.push(
      `To keep the file small, ${numbers.length - fewer.length} packets are left out: the decisive ones are here, and of the others the first.`,
    );
    const small = { ...draft, selection };
    return { draft: small, judged: await this.#judge(small, 'checking') };
  }

  #sizeOf(draft: Draft, judged: Judged, targets: readonly Target[]): number {
    let bytes = this.#commentBytes(judged, targets);
    for (let index = 0; index < draft.selection.numbers.length; index++) {
      bytes += blockSize(judged.lengths[index] as number);
    }
    return bytes;
  }

  /** Nearly: numbers of packets are not longer than these. */
  #commentBytes({ records }: Judged, targets: readonly Target[]): number {
    const sessions = targets.flatMap(({ place, record }) =>
      commentedSession({
        session: place.session,
        record,
        extracted: records.get(place.firstPacket),
        isSame: false,
      }),
    );
    const section = sectionComment({
      application: this.#options.application,
      source: { name: this.#sourceName(), sha256: ' '.repeat(64), packets: Number.MAX_SAFE_INTEGER },
      packets: Number.MAX_SAFE_INTEGER,
      sessions,
      notes: [...this.#notes, ' '.repeat(MOST_NOTES)],
    });
    const name = `packet ${Number.MAX_SAFE_INTEGER} of ${this.#sourceName() ?? 'the source'}`;
    let bytes = BYTES_AROUND + Buffer.byteLength(section);
    for (const comments of packetComments(sessions, () => name).values()) {
      for (const comment of comments) bytes += Buffer.byteLength(comment) + 8;
    }
    return bytes;
  }

  #sourceName(): string | undefined {
    if (this.#pseudonyms !== undefined) return undefined;
    return this.#options.sourceName ?? path.basename(this.#file);
  }

  #isSame({ record }: Target, extracted: SessionRecord | undefined, numbers: Uint32Array): boolean {
    const pseudonyms = this.#pseudonyms;
    return (
      extracted !== undefined &&
      sameVerdict(record, extracted, {
        packet: (number) => numbers[number - 1] ?? 0,
        text: pseudonyms === undefined ? (text) => text : anonymousText(record, extracted, pseudonyms),
      })
    );
  }

  #noteDifferences(sessions: readonly ExtractedSession[]): void {
    const unlike = sessions.filter(({ isSame }) => !isSame).map(({ session }) => session);
    if (unlike.length === 0) return;
    const named = `${unlike.slice(0, 10).join(', ')}${unlike.length > 10 ? ', …' : ''}`;
    this.#notes.push(
      `Of session ${named} this file does not show all that the verdict rests on: an analysis of it alone says less, or something else.`,
    );
  }
}

/** Room for the notes that may still come. */
const MOST_NOTES = 600;

const blockSize = (capturedLength: number): number => BYTES_OF_BLOCK + ((capturedLength + 3) & ~3);

function commentedSession({ session, record, extracted, isSame }: ExtractedSession): CommentedSession[] {
  if (extracted !== undefined) return [{ number: session, record: extracted, isSame }];
  // Without a packet of its own there is nothing to comment, and its record's numbers are not those of this file.
  return [{ number: session, record: { ...record, timeline: [] }, isSame: false }];
}

function showsPattern(judged: Judged, { id, sessions }: Finding): boolean {
  return judged.patterns.findings().some((one) => one.id === id && one.sessions === sessions);
}

/** Under other addresses the same finding has another id. */
function showsLike(judged: Judged, { pattern, sessions }: Finding): boolean {
  return judged.patterns.findings().some((one) => one.pattern === pattern && one.sessions === sessions);
}

function decisivePackets({ timeline, cause }: SessionRecord): number[] {
  return [...timeline, ...(cause?.evidence ?? [])].map(({ packet }) => packet);
}
