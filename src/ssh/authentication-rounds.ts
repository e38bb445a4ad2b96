import type { PacketShape } from './packet-shape.ts';

/** Packet lengths by side. */
export interface Sizes {
  readonly client: PacketShape;
  readonly server: PacketShape;
}

/** What is known of a client program and shows in sizes. */
export interface ClientHabits {
  /** Asks with method "none" first, to learn the methods (RFC 4252 §5.2); undefined when not known. */
  readonly noneFirst: boolean | undefined;
  /** Pads passwords and answers to prompts so that their length does not show. */
  readonly roundsUp: boolean;
  /** Sends the first request together with SERVICE_REQUEST. */
  readonly asksAtOnce: boolean;
  /** Payload of the SSH_MSG_DISCONNECT with which it leaves; undefined when it sends none, or various ones. */
  readonly disconnectPayload: number | undefined;
}

/** By the softwareversion of the identification string. */
export function clientHabits(software: string): ClientHabits {
  for (const [start, habits] of HABITS) if (software.startsWith(start)) return habits;
  return UNKNOWN_CLIENT;
}

const UNKNOWN_CLIENT: ClientHabits = {
  noneFirst: undefined,
  roundsUp: false,
  asksAtOnce: false,
  disconnectPayload: undefined,
};
const ASKS_NONE: ClientHabits = { ...UNKNOWN_CLIENT, noneFirst: true };

/** 'disconnected by user' with number, code, two lengths and no language. */
const OPENSSH_DISCONNECT = 1 + 4 + 4 + 20 + 4;
const LIBSSH_DISCONNECT = 1 + 4 + 4 + 'Bye Bye'.length + 4;
/** curl's. */
const LIBSSH2_DISCONNECT = 1 + 4 + 4 + 'Shutdown'.length + 4;

/** From captures of these programs: OpenSSH 3.9 to 10.2, PuTTY 0.72 to 0.79, dropbear 2022.83, curl, paramiko. */
const HABITS: readonly (readonly [string, ClientHabits])[] = [
  ['OpenSSH', { ...ASKS_NONE, roundsUp: true, disconnectPayload: OPENSSH_DISCONNECT }],
  ['PuTTY', { ...ASKS_NONE, roundsUp: true }],
  ['WinSCP', { ...ASKS_NONE, roundsUp: true }],
  ['FileZilla', { ...ASKS_NONE, roundsUp: true }],
  ['dropbear', { ...ASKS_NONE, asksAtOnce: true }],
  ['libssh2', { ...ASKS_NONE, disconnectPayload: LIBSSH2_DISCONNECT }],
  ['libssh', { ...UNKNOWN_CLIENT, disconnectPayload: LIBSSH_DISCONNECT }],
  ['paramiko', { ...UNKNOWN_CLIENT, noneFirst: false }],
  ['JSCH', ASKS_NONE],
  ['Go', ASKS_NONE],
  ['AsyncSSH', ASKS_NONE],
];

/** Servers that pad every packet to the 16 bytes that RFC 4253 §6 asks for. OpenSSH does not. */
export function serverKeepsMinimum(software: string): boolean {
  return !software.startsWith('OpenSSH');
}

/** Payloads of fixed length. */
const SERVICE_ACCEPT = 17;
const NONE_REQUEST_WITHOUT_USER = 31;
/** "keyboard-interactive" with its two empty strings (RFC 4256 §3.1) instead of "none". */
const KEYBOARD_BEYOND_NONE = 20 - 4 + 4 + 4;
/** SSH_MSG_CHANNEL_OPEN "session". */
const CHANNEL_OPEN = 24;
/** SSH_MSG_GLOBAL_REQUEST "no-more-sessions@openssh.com", which OpenSSH sends to OpenSSH. */
const NO_MORE_SESSIONS = 34;
/** SSH_MSG_DISCONNECT "Too many authentication failures", OpenSSH's last word. */
const TOO_MANY_FAILURES = 45;
/** A signature and its name take at least that much more than the same request without one. */
const SIGNATURE_AT_LEAST = 64;
/** A USERAUTH_FAILURE that offers keyboard-interactive: number, length, name, partial success. */
const FAILURE_WITH_KEYBOARD = 6 + 'keyboard-interactive'.length;
/** What OpenSSH's server sends with or after SUCCESS (its host keys, RFC-less EXT_INFO) has several hundred bytes. */
const LONG_AFTER_SUCCESS = 256;

export interface Rounds {
  /** Refused attempts, without the "none" that only asks for the methods; undefined when they cannot be counted. */
  readonly attempts: number | undefined;
  /** Something was refused, be it only "none". */
  readonly refused: boolean;
  /** The server has said its last word. */
  readonly over: boolean;
}

const UNCOUNTED: Rounds = { attempts: undefined, refused: false, over: false };

/**
 * Counts refusals.
 *
 * @param flights Client, server, client, … from SERVICE_REQUEST on; when `succeeded`, without the flight that held
 * SUCCESS, so that the last one is the request that was granted.
 */
export function judgeRounds(
  flights: readonly number[],
  sizes: Sizes,
  habits: ClientHabits,
  succeeded: boolean,
): Rounds {
  const { requests, replies } = roundsOf(flights, sizes, habits);
  if (replies.length === 0) return succeeded ? { ...UNCOUNTED, attempts: 0 } : UNCOUNTED;
  const noneFirst = habits.noneFirst ?? asksNoneFirst(requests);
  if (noneFirst === undefined) return { ...UNCOUNTED, refused: true };
  const dialogue = new Dialogue(requests, replies, sizes, habits, noneFirst);
  return dialogue.judge(succeeded);
}

/** Without SERVICE_REQUEST and SERVICE_ACCEPT. */
function roundsOf(flights: readonly number[], sizes: Sizes, habits: ClientHabits) {
  const { client, server } = sizes;
  const requests: number[] = [];
  const replies: number[] = [];
  const accept = server.wireLength(SERVICE_ACCEPT);
  const ask = client.wireLength(SERVICE_ACCEPT);
  const [first, answer] = flights;
  let from = 2;
  if (habits.asksAtOnce && first !== undefined && first > ask) {
    requests.push(client.readable ? first : first - ask);
    if (answer !== undefined && answer > accept) replies.push(server.readable ? answer : answer - accept);
    else if (answer !== undefined) from = 3;
  }
  for (let index = from; index < flights.length; index++) {
    (index % 2 === 0 ? requests : replies).push(flights[index] as number);
  }
  return { requests, replies };
}

/** All methods have longer requests than "none"; a client that sends two of the same length is not understood. */
function asksNoneFirst(requests: readonly number[]): boolean | undefined {
  const [first, second] = requests;
  if (first === undefined || second === undefined || second <= first) return undefined;
  return true;
}

class Dialogue {
  private readonly requests: readonly number[];
  private readonly replies: readonly number[];
  private readonly sizes: Sizes;
  private readonly habits: ClientHabits;
  private readonly noneFirst: boolean;
  /** Lengths that a request for keyboard-interactive can have; none where that cannot be told. */
  private readonly keyboardLengths: readonly number[];
  private readonly failure: number;

  constructor(
    requests: readonly number[],
    replies: readonly number[],
    sizes: Sizes,
    habits: ClientHabits,
    noneFirst: boolean,
  ) {
    this.requests = requests;
    this.replies = replies;
    this.sizes = sizes;
    this.habits = habits;
    this.noneFirst = noneFirst;
    this.keyboardLengths = noneFirst ? this.findKeyboardLengths() : [];
    this.failure = this.failureLength();
  }

  judge(succeeded: boolean): Rounds {
    let attempts: number | undefined = 0;
    let refusedLast = false;
    let over = false;
    let prompted = false;
    let keyAccepted = false;
    const add = (): void => {
      if (attempts !== undefined) attempts++;
      refusedLast = true;
    };
    const first = this.noneFirst ? 1 : 0;
    if (this.noneFirst) refusedLast = true;
    for (let round = first; round < this.replies.length; round++) {
      const reply = this.replies[round] as number;
      const wasPrompted = prompted;
      const keyWasAccepted = keyAccepted;
      refusedLast = prompted = keyAccepted = false;
      if (this.isKeyAccepted(round)) keyAccepted = true;
      else if (this.isPrompt(round)) prompted = true;
      else if (reply === this.failure) {
        // A good signature is refused when more is asked for (partial success): no refusal.
        if (!keyWasAccepted) add();
      } else if (wasPrompted) prompted = true;
      else if (!succeeded && this.isTooMany(round)) {
        add();
        over = true;
      } else attempts = undefined;
    }
    return { attempts, refused: refusedLast || (attempts ?? 0) > 0, over };
  }

  /**
   * The length of USERAUTH_FAILURE. Where packets cannot be told apart, the first one may come with EXT_INFO
   * (OpenSSH from 9.6 on) or a banner in one flight; then a later, shorter reply shows it.
   */
  private failureLength(): number {
    const { replies } = this;
    const { server } = this.sizes;
    const first = replies[0] as number;
    if (server.readable || replies.indexOf(first, 1) > 0) return first;
    const keyboard = this.requests.some((_, round) => round > 0 && this.isPromptFor(round));
    for (let round = 1; round < replies.length; round++) {
      const reply = replies[round] as number;
      if (first - reply < server.smallest || this.isPromptFor(round)) continue;
      if (keyboard && reply < server.wireLength(FAILURE_WITH_KEYBOARD)) continue;
      return reply;
    }
    return first;
  }

  /** PK_OK repeats the key of the request: it is shorter by what is left out, and a signed request follows. */
  private isKeyAccepted(round: number): boolean {
    if (!this.noneFirst) return false;
    const { client, server } = this.sizes;
    const none = client.largestPayload(this.requests[0] as number);
    const request = client.largestPayload(this.requests[round] as number);
    // SSH_MSG_USERAUTH_REQUEST "publickey" less its key has 5 bytes more than "none".
    const payload = request - none - 5;
    const reply = this.replies[round] as number;
    const slack = client.block - 1;
    if (payload + slack < SMALLEST_KEY || reply > server.wireLength(payload + slack)) return false;
    if (reply < server.wireLength(Math.max(SMALLEST_KEY, payload - slack))) return false;
    const next = this.requests[round + 1];
    return next === undefined
      ? reply !== this.failure
      : next >= (this.requests[round] as number) + SIGNATURE_AT_LEAST;
  }

  private isPrompt(round: number): boolean {
    if (!this.isPromptFor(round)) return false;
    if (this.replies[round] !== this.failure) return true;
    // A prompt that happens to be as long as a failure: an answer follows, and no new request.
    const next = this.requests[round + 1];
    if (!this.habits.roundsUp) return next !== undefined;
    return next === undefined || this.sizes.client.isRoundedUp(next);
  }

  /** The request was for keyboard-interactive, which is answered by a prompt. */
  private isPromptFor(round: number): boolean {
    if (!this.isKeyboard(round)) return false;
    if (this.habits.roundsUp) return true;
    // A password may be as long, but only an answer is shorter than any request.
    const next = this.requests[round + 1];
    return next !== undefined && next < (this.requests[0] as number);
  }

  private isKeyboard(round: number): boolean {
    return this.keyboardLengths.includes(this.requests[round] as number);
  }

  /** One user name has one length, so "none" leaves two lengths at most. */
  private findKeyboardLengths(): readonly number[] {
    const { requests, habits } = this;
    const { client } = this.sizes;
    const most = client.largestPayload(requests[0] as number);
    const least = Math.max(most - client.block + 1, NONE_REQUEST_WITHOUT_USER);
    const long = client.wireLength(most + KEYBOARD_BEYOND_NONE);
    const short = client.wireLength(least + KEYBOARD_BEYOND_NONE);
    if (!habits.roundsUp) return [short, long];
    // Rounded up, it may be a password instead; if the other length occurs, it is one.
    return [short, long].filter((length) => !client.isRoundedUp(length) && requests.includes(length, 1));
  }

  private isTooMany(round: number): boolean {
    const last = round === this.replies.length - 1 && this.requests.length === this.replies.length;
    return last && this.replies[round] === this.sizes.server.wireLength(TOO_MANY_FAILURES);
  }
}

/** PK_OK with an Ed25519 key, the shortest there is. */
const SMALLEST_KEY = 1 + 4 + 'ssh-ed25519'.length + 4 + 51;

/**
 * The client's flight opens a session, although no flight of the server was exactly SUCCESS: that came with more
 * behind it. Such a flight is shorter than any request, or two packets that make no single one.
 *
 * @param flights Those before it.
 */
export function isSessionStart(
  flights: readonly number[],
  flight: { readonly bytes: number; readonly packets: number },
  sizes: Sizes,
  habits: ClientHabits,
): boolean {
  const { client, server } = sizes;
  if (flights.length < 4 || flights.length % 2 !== 0) return false;
  const open = client.wireLength(CHANNEL_OPEN);
  const noMore = client.wireLength(NO_MORE_SESSIONS);
  const shortest = flights[2] as number;
  const { bytes } = flight;
  if (habits.roundsUp) {
    if (bytes < shortest && (bytes === open || bytes === noMore)) return true;
    if (bytes !== open + noMore) return false;
    return client.readable ? flight.packets === 2 : !client.isPacketLength(bytes);
  }
  const request = flights[flights.length - 2] as number;
  const reply = flights[flights.length - 1] as number;
  return (
    bytes === open && bytes < shortest && reply >= server.smallest + LONG_AFTER_SUCCESS && reply > request
  );
}
