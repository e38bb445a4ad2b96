import type { Capture } from '../capture/capture.ts';
import { Conversation } from '../ssh/conversation.ts';
import { CLIENT, SERVER, type Side } from '../ssh/conversation-api.ts';
import { PacketBoundaries } from '../ssh/encrypted.ts';
import type { Connection } from '../tcp/connection.ts';
import { Tracker } from '../tcp/tracker.ts';
import { Dissector } from '../wire/dissector.ts';
import type { WatchedPorts } from './watched-ports.ts';

/** What is where in the stream of one side. Offsets count from its first payload byte. */
export interface StreamLayout {
  /** Sequence number of offset 0, a signed 32-bit integer. */
  readonly base: number;
  /** Behind it the bytes are encrypted, or nobody knows what they are. */
  readonly clearEnd: number;
  /**
   * What stands behind it is encrypted: NEWKEYS came before, and a cipher was agreed on, or the capture joined the stream
   * midway. Otherwise reading stopped there, and it may be anything.
   */
  readonly isEncrypted: boolean;
  /**
   * Where packets begin behind it whose length field is in clear, ascending. From these sizes authentication is told,
   * and they hide nothing: who sees the segments knows them.
   */
  readonly lengthFields: readonly number[];
  /** To be written over what is in clear; ascending, without overlap. */
  readonly edits: readonly StreamEdit[];
  /** How far the stream goes. What a packet has before its start or behind its end was never part of it. */
  readonly length: number;
  /**
   * What is in clear, to tell packets from it that claim the same place with other bytes. Absent where nothing is edited,
   * and of sessions for which there is no more memory.
   */
  readonly clear?: Uint8Array | undefined;
}

export interface StreamEdit {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export type SessionLayout = readonly [client: StreamLayout, server: StreamLayout];

/** Says what is to be written over the clear bytes of one side. */
export type StreamEditor = (
  conversation: Conversation,
  side: Side,
  clear: Uint8Array,
) => readonly StreamEdit[];

/**
 * Reads the sessions of a capture for what is in clear in their streams, and what is not.
 *
 * @returns by the number of the session's first packet.
 */
export async function readLayouts(
  capture: Capture,
  { ports, anyPort }: WatchedPorts,
  signal: AbortSignal | undefined,
  edit: StreamEditor | undefined,
): Promise<ReadonlyMap<number, SessionLayout>> {
  const layouts = new Map<number, SessionLayout>();
  let comparable = MAX_COMPARABLE;
  const tracker = new Tracker({
    ports,
    anyPort,
    conversation: () => new RecordedConversation(edit !== undefined),
    onEnd: (connection) => {
      const conversation = connection.ssh as RecordedConversation;
      const sides = [CLIENT, SERVER].map((side) => {
        const layout = layoutOf(connection, conversation, side as Side, edit);
        comparable -= layout.clear?.length ?? 0;
        return comparable < 0 ? { ...layout, clear: undefined } : layout;
      });
      layouts.set(connection.firstPacket, sides as readonly StreamLayout[] as SessionLayout);
    },
  });
  const dissector = new Dissector(tracker, { ports, anyPort });
  await capture.read((packet) => dissector.packet(packet), { ...(signal && { signal }) });
  tracker.finish();
  return layouts;
}

function layoutOf(
  connection: Connection,
  conversation: RecordedConversation,
  side: Side,
  edit: StreamEditor | undefined,
): StreamLayout {
  const recorder = conversation.recorders[side];
  const clear = edit && recorder.clear();
  return {
    base: connection.half(side).base,
    clearEnd: recorder.clearEnd,
    isEncrypted: recorder.isEncrypted,
    lengthFields: recorder.lengthFields,
    edits: edit === undefined || clear === undefined ? [] : edit(conversation, side, clear),
    length: recorder.length,
    clear,
  };
}

/** Clear bytes that are kept of all sessions: some ten thousand. */
const MAX_COMPARABLE = 1 << 27;
/** Clear bytes of one side; a key exchange takes some thousand, the largest possible one some tens of thousands. */
const MAX_CLEAR = 1 << 18;
/** Where reading stopped for another reason than NEWKEYS, so much of what follows is kept: it shows what it is. */
const SHOWN_BEHIND_STOP = 512;
/** Length fields of one side: 8 MB. What follows the last one is cut as a whole. */
const MAX_LENGTH_FIELDS = 1 << 20;

/** Reads on as ever and notes what was in clear. */
class RecordedConversation extends Conversation {
  readonly recorders: readonly [SideRecorder, SideRecorder];

  constructor(keepsClear: boolean) {
    super();
    this.recorders = [new SideRecorder(this, CLIENT, keepsClear), new SideRecorder(this, SERVER, keepsClear)];
  }

  override data(side: Side, bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number) {
    super.data(side, bytes, start, end, packet, timeNs);
    this.recorders[side].data(bytes, start, end);
  }

  override gap(side: Side, lengthBytes: number, packet: number, timeNs: number) {
    super.gap(side, lengthBytes, packet, timeNs);
    this.recorders[side].missing(lengthBytes);
  }

  override cut(side: Side, lengthBytes: number, packet: number, timeNs: number) {
    super.cut(side, lengthBytes, packet, timeNs);
    this.recorders[side].missing(lengthBytes);
  }
}

class SideRecorder {
  clearEnd = Number.POSITIVE_INFINITY;
  isEncrypted = false;
  readonly lengthFields: number[] = [];
  readonly #conversation: Conversation;
  readonly #side: Side;
  readonly #keepsClear: boolean;
  readonly #pieces: Uint8Array[] = [];
  #offset = 0;
  #stopped = false;
  #boundaries: PacketBoundaries | undefined;

  constructor(conversation: Conversation, side: Side, keepsClear: boolean) {
    this.#conversation = conversation;
    this.#side = side;
    this.#keepsClear = keepsClear;
  }

  /** The conversation has read these bytes already. */
  data(bytes: Uint8Array, start: number, end: number): void {
    const from = this.#offset;
    const to = from + end - start;
    this.#offset = to;
    if (from < this.clearEnd) this.#endClear(to);
    const clearUntil = Math.min(to, this.clearEnd);
    if (this.#keepsClear && clearUntil > from)
      this.#pieces.push(bytes.slice(start, start + clearUntil - from));
    if (to > this.clearEnd) this.#encrypted(bytes, start + Math.max(0, this.clearEnd - from), end);
  }

  missing(lengthBytes: number): void {
    if (this.#offset < this.clearEnd) this.clearEnd = this.#offset;
    this.#boundaries?.gap(lengthBytes);
    this.#offset += lengthBytes;
  }

  get length(): number {
    return this.#offset;
  }

  clear(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }

  #endClear(to: number): void {
    const { newKeys, ssh1Key, stopped } = this.#conversation.sides[this.#side];
    const encryptedFrom = newKeys?.endOffset ?? ssh1Key?.endOffset;
    if (encryptedFrom !== undefined) {
      this.clearEnd = Math.min(this.clearEnd, encryptedFrom);
      const { negotiation, protocol } = this.#conversation;
      const cipher =
        this.#side === CLIENT ? negotiation?.cipherClientToServer : negotiation?.cipherServerToClient;
      this.isEncrypted = cipher !== 'none';
      const shape = protocol === 1 ? undefined : negotiation?.shape(this.#side);
      if (shape?.readable) this.#boundaries = new PacketBoundaries(shape);
    } else if (stopped === 'midway') {
      this.clearEnd = 0;
      this.isEncrypted = true;
    } else if (stopped !== undefined && !this.#stopped) {
      this.#stopped = true;
      this.clearEnd = Math.min(this.clearEnd, to + SHOWN_BEHIND_STOP);
    } else if (to > MAX_CLEAR) {
      this.clearEnd = Math.min(this.clearEnd, MAX_CLEAR);
    }
  }

  #encrypted(bytes: Uint8Array, start: number, end: number): void {
    const boundaries = this.#boundaries;
    if (boundaries === undefined) return;
    const offsetOf = (at: number): number => this.#offset - (end - at);
    let at = start;
    while (at < end && !boundaries.lost && this.lengthFields.length < MAX_LENGTH_FIELDS) {
      if (!boundaries.within) this.lengthFields.push(offsetOf(at));
      at = boundaries.next(bytes, at, end);
    }
  }
}
