import { ACK, type CaptureWriter, FIN, PSH, type Side, SYN } from './capture-writer.ts';
import type { Program } from './programs.ts';
import { noise } from './random.ts';
import {
  ecdhInit,
  ecdhReplyAndNewkeys,
  identificationLine,
  kexinit,
  newkeys,
  withCookie,
} from './ssh-messages.ts';

/** A server of the shape: one address, one host key, one program. */
export interface Server {
  readonly address: number;
  readonly program: PreparedProgram;
  readonly hostKey: Uint8Array;
}

export interface PreparedProgram {
  readonly identification: Uint8Array;
  readonly kexinit: Uint8Array;
}

/** What a side puts into one segment; a number is that many bytes of ciphertext. */
export type Content = 'SYN' | 'ACK' | 'FIN' | 'identification' | 'KEXINIT' | 'ECDH' | 'NEWKEYS' | number;

/** One segment: who sends it, what is in it, and the microseconds since the one before it. */
export interface Step {
  readonly from: 'client' | 'server';
  readonly content: Content;
  /** Round trips that pass before it, seen from a capture at the server. */
  readonly roundTrips: number;
  readonly thinkUs: number;
}

const NEWKEYS = newkeys();
/** Ciphertext is cut from here at a random place: as unlike from packet to packet as the real thing. */
const NOISE_BYTES = 1 << 16;

export const prepare = (program: Program): PreparedProgram => ({
  identification: identificationLine(program),
  kexinit: kexinit(program),
});

/** The segments from SYN to the client's NEWKEYS, as two current programs exchange them. */
export const KEY_EXCHANGE: readonly Step[] = [
  { from: 'client', content: 'SYN', roundTrips: 0, thinkUs: 0 },
  { from: 'server', content: 'SYN', roundTrips: 0, thinkUs: 40 },
  { from: 'client', content: 'ACK', roundTrips: 1, thinkUs: 20 },
  { from: 'client', content: 'identification', roundTrips: 0, thinkUs: 300 },
  { from: 'server', content: 'ACK', roundTrips: 0, thinkUs: 30 },
  { from: 'server', content: 'identification', roundTrips: 0, thinkUs: 14_000 },
  { from: 'client', content: 'ACK', roundTrips: 1, thinkUs: 20 },
  { from: 'server', content: 'KEXINIT', roundTrips: 0, thinkUs: 500 },
  { from: 'client', content: 'KEXINIT', roundTrips: 1, thinkUs: 900 },
  { from: 'server', content: 'ACK', roundTrips: 0, thinkUs: 40_000 },
  { from: 'client', content: 'ECDH', roundTrips: 1, thinkUs: 1_500 },
  { from: 'server', content: 'ECDH', roundTrips: 0, thinkUs: 5_000 },
  { from: 'client', content: 'NEWKEYS', roundTrips: 1, thinkUs: 2_500 },
  { from: 'server', content: 'ACK', roundTrips: 0, thinkUs: 40_000 },
];

/** An SSH connection that is being written, one step after the other. */
export class SshConnection {
  /** When the next step is due. */
  dueUs: number;
  readonly client: Side;
  readonly server: Side;
  readonly #clientProgram: PreparedProgram;
  readonly #host: Server;
  #steps: readonly Step[];
  readonly #roundTripUs: number;
  readonly #random: () => number;
  readonly #noise: Uint8Array;
  #next = 0;

  constructor(options: {
    readonly startUs: number;
    readonly roundTripUs: number;
    readonly client: { readonly address: number; readonly port: number; readonly program: PreparedProgram };
    readonly server: Server;
    readonly steps: readonly Step[];
    readonly random: () => number;
    readonly noise: Uint8Array;
  }) {
    const { client, server, random } = options;
    this.dueUs = options.startUs;
    this.client = side(client.address, client.port, 52, random);
    this.server = side(server.address, 22, 64, random);
    this.#clientProgram = client.program;
    this.#host = server;
    this.#steps = options.steps;
    this.#roundTripUs = options.roundTripUs;
    this.#random = random;
    this.#noise = options.noise;
  }

  /** Goes on with further steps from a later time. */
  continueWith(steps: readonly Step[], startUs: number): void {
    this.#steps = steps;
    this.#next = 0;
    this.dueUs = startUs;
  }

  /** Writes the step that is due; false after the last. */
  step(writer: CaptureWriter): boolean {
    const { from, content } = this.#steps[this.#next++] as Step;
    const [sender, receiver] = from === 'client' ? [this.client, this.server] : [this.server, this.client];
    writer.segment(
      this.dueUs,
      sender,
      receiver,
      this.#flags(from, content),
      receiver.seq,
      this.#bytes(from, content),
    );
    const following = this.#steps[this.#next];
    if (following === undefined) return false;
    this.dueUs += following.roundTrips * this.#roundTripUs + following.thinkUs;
    // A fifth of jitter on what takes long enough to have some.
    this.dueUs += ((following.thinkUs / 5) * (this.#random() & 0xff)) / 256;
    return true;
  }

  #flags(from: Step['from'], content: Content): number {
    if (content === 'SYN') return from === 'client' ? SYN : SYN | ACK;
    if (content === 'FIN') return FIN | ACK;
    return content === 'ACK' ? ACK : PSH | ACK;
  }

  #bytes(from: Step['from'], content: Content): Uint8Array | undefined {
    const program = from === 'client' ? this.#clientProgram : this.#host.program;
    const random = this.#random;
    switch (content) {
      case 'SYN':
      case 'ACK':
      case 'FIN':
        return undefined;
      case 'identification':
        return program.identification;
      case 'KEXINIT':
        return withCookie(program.kexinit, random);
      case 'ECDH':
        return from === 'client'
          ? ecdhInit(noise(random, 32))
          : ecdhReplyAndNewkeys(this.#host.hostKey, noise(random, 32), noise(random, 64));
      case 'NEWKEYS':
        return NEWKEYS;
      default: {
        const at = random() % (NOISE_BYTES - content);
        return this.#noise.subarray(at, at + content);
      }
    }
  }
}

export const ciphertext = (random: () => number): Uint8Array => noise(random, NOISE_BYTES);

const side = (address: number, port: number, ttl: number, random: () => number): Side => ({
  address,
  port,
  ttl,
  clock: random(),
  seq: random(),
  ipId: random() & 0xffff,
});

/** Writes the connections' steps in the order of their time; `admit` gives the next connection, in order of start. */
export function interleave(writer: CaptureWriter, admit: () => SshConnection | undefined): void {
  const heap: SshConnection[] = [];
  let waiting = admit();
  while (waiting !== undefined || heap.length > 0) {
    const first = heap[0];
    if (waiting !== undefined && (first === undefined || waiting.dueUs <= first.dueUs)) {
      heap.push(waiting);
      siftUp(heap);
      waiting = admit();
    } else if (first !== undefined) {
      if (!first.step(writer)) {
        const last = heap.pop() as SshConnection;
        if (heap.length > 0) heap[0] = last;
      }
      siftDown(heap);
    }
  }
}

function siftUp(heap: SshConnection[]): void {
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (due(heap, parent) <= due(heap, at)) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function siftDown(heap: SshConnection[]): void {
  for (let at = 0; ; ) {
    let least = at;
    if (due(heap, 2 * at + 1) < due(heap, least)) least = 2 * at + 1;
    if (due(heap, 2 * at + 2) < due(heap, least)) least = 2 * at + 2;
    if (least === at) return;
    swap(heap, at, least);
    at = least;
  }
}

const due = (heap: readonly SshConnection[], at: number): number =>
  heap[at]?.dueUs ?? Number.POSITIVE_INFINITY;

function swap(heap: SshConnection[], a: number, b: number): void {
  const kept = heap[a] as SshConnection;
  heap[a] = heap[b] as SshConnection;
  heap[b] = kept;
}
