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
  /** How passwords and answers to prompts are padded: to 64 bytes in OpenSSH, to some 250 in PuTTY. */
  readonly secrets: 'as they are' | 'to 64' | 'long';
  /** Sends the first request together with SERVICE_REQUEST. */
  readonly asksAtOnce: boolean;
  /** Payload of the SSH_MSG_DISCONNECT with which it leaves; undefined when it sends none, or various ones. */
  readonly disconnectPayload: number | undefined;
}

/**
 * Programs that send an empty SSH_MSG_IGNORE before every packet once there are keys (AsyncSSH's connection.py,
 * send_packet), at whichever end they are.
 */
export function ignoresFirst(software: string): boolean {
  return software.startsWith('AsyncSSH');
}

/** SSH_MSG_IGNORE with no data (RFC 4253 §11.2). */
export const EMPTY_IGNORE = 5;

/** By the softwareversion of the identification string. */
export function clientHabits(software: string): ClientHabits {
  for (const [start, habits] of HABITS) if (software.startsWith(start)) return habits;
  return UNKNOWN_CLIENT;
}

const UNKNOWN_CLIENT: ClientHabits = {
  noneFirst: undefined,
  secrets: 'as they are',
  asksAtOnce: false,
  disconnectPayload: undefined,
};
const ASKS_NONE: ClientHabits = { ...UNKNOWN_CLIENT, noneFirst: true };

/** 'disconnected by user' with number, code, two lengths and no language. */
const OPENSSH_DISCONNECT = 1 + 4 + 4 + 20 + 4;
const LIBSSH_DISCONNECT = 1 + 4 + 4 + 'Bye Bye'.length + 4;
/** curl's. */
const LIBSSH2_DISCONNECT = 1 + 4 + 4 + 'Shutdown'.length + 4;
/** Without words. */
const SSH2JS_DISCONNECT = 1 + 4 + 4 + 4;

/**
 * From captures of these programs: OpenSSH 3.9 to 10.2, PuTTY 0.72 to 0.79, dropbear 2022.83, curl, paramiko, libssh
 * 0.10, Go, AsyncSSH 2.10, ssh2 of Node.js 1.17.
 */
const HABITS: readonly (readonly [string, ClientHabits])[] = [
  ['OpenSSH', { ...ASKS_NONE, secrets: 'to 64', disconnectPayload: OPENSSH_DISCONNECT }],
  ['PuTTY', { ...ASKS_NONE, secrets: 'long' }],
  ['WinSCP', { ...ASKS_NONE, secrets: 'long' }],
  ['FileZilla', { ...ASKS_NONE, secrets: 'long' }],
  ['dropbear', { ...ASKS_NONE, asksAtOnce: true }],
  ['libssh2', { ...UNKNOWN_CLIENT, disconnectPayload: LIBSSH2_DISCONNECT }],
  ['libssh', { ...UNKNOWN_CLIENT, disconnectPayload: LIBSSH_DISCONNECT }],
  ['paramiko', { ...UNKNOWN_CLIENT, noneFirst: false }],
  ['JSCH', ASKS_NONE],
  ['Go', ASKS_NONE],
  ['AsyncSSH', ASKS_NONE],
  ['ssh2js', { ...ASKS_NONE, disconnectPayload: SSH2JS_DISCONNECT }],
];

/** Servers that pad every packet to the 16 bytes that RFC 4253 §6 asks for. OpenSSH does not. */
export function serverKeepsMinimum(software: string): boolean {
  return !software.startsWith('OpenSSH');
}

/**
 * Servers without passwords and prompts. tinysshd also pads at random, so that SUCCESS has no size of its own, and takes
 * any key that is asked for until it is signed with.
 */
function takesOnlyKeys(software: string): boolean {
  return software.startsWith('tinyssh');
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
/** A DSA signature and its name take 59 bytes more, all others take longer; a packet may hide 15 of them. */
const SIGNATURE_AT_LEAST = 44;
/** A USERAUTH_FAILURE that offers keyboard-interactive: number, length, name, partial success. */
const FAILURE_WITH_KEYBOARD = 6 + 'keyboard-interactive'.length;
/** What OpenSSH's server sends with or after SUCCESS (its host keys, RFC-less EXT_INFO) has several hundred bytes. */
const LONG_AFTER_SUCCESS = 256;

export interface Rounds {
  /** Refused attempts, without the "none" that only asks for the methods; undefined when they cannot be counted. */
  readonly attempts: number | undefined;
  /** An attempt was refused, and none has been granted since. */
  readonly refused: boolean;
  /** One side has said its last word. */
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
  serverSoftware = '',
): Rounds {
  const { requests, replies, farewell } = roundsOf(flights, sizes, habits);
  if (replies.length === 0) return succeeded ? { ...UNCOUNTED, attempts: 0 } : UNCOUNTED;
  const noneFirst = habits.noneFirst ?? asksNoneFirst(requests, sizes.client);
  if (noneFirst === undefined) return { ...UNCOUNTED, refused: replies.length > 1, over: farewell };
  const refusesSignatures = takesOnlyKeys(serverSoftware);
  const rounds = new Dialogue(requests, replies, sizes, habits, noneFirst).judge(
    succeeded,
    refusesSignatures,
  );
  return farewell ? { ...rounds, over: true } : rounds;
}

/** Without SERVICE_REQUEST and SERVICE_ACCEPT. */
function roundsOf(flights: readonly number[], sizes: Sizes, habits: ClientHabits) {
  const { client, server } = sizes;
  const requests: number[] = [];
  const replies: number[] = [];
  const accept = server.wireLength(SERVICE_ACCEPT);
  const ask = client.wireLength(SERVICE_ACCEPT);
  let farewell = false;
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
  // The last flight may be no request but the client's farewell.
  const last = flights.length - 1;
  if (last % 2 === 0 && isFarewell(flights.slice(0, last), flights[last] as number, sizes, habits)) {
    requests.pop();
    farewell = true;
  }
  return { requests, replies, farewell };
}

/**
 * Programs over libraries (libssh, libssh2) ask for the methods, or try a password at once. "none" with the name of
 * a usual user is shorter than any password request with one: 40 bytes, the name and the password.
 */
function asksNoneFirst(requests: readonly number[], client: PacketShape): boolean | undefined {
  const first = requests[0] as number;
  const most = client.largestPayload(first);
  if (most <= LONGEST_NONE_REQUEST) return true;
  if (most - client.block + 1 > LONGEST_NONE_REQUEST) return false;
  const second = requests[1];
  return second !== undefined && second > first ? true : undefined;
}

/** User names of up to 12 bytes. */
const LONGEST_NONE_REQUEST = NONE_REQUEST_WITHOUT_USER + 12;

class Dialogue {
  private readonly requests: readonly number[];
  private readonly replies: readonly number[];
  private readonly sizes: Sizes;
  private readonly habits: ClientHabits;
  private readonly noneFirst: boolean;
  /** Lengths that a request for keyboard-interactive can have. */
  private readonly keyboardLengths: readonly number[];
  /** A password request can have them too. */
  private readonly keyboardDoubtful: boolean;
  /** Of USERAUTH_FAILURE; undefined when that cannot be told. */
  private readonly failure: number | undefined;

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
    const lengths = noneFirst ? this.possibleKeyboardLengths() : [];
    // One user name has one length: where a length occurs that no password has, it is the only one.
    const certain = lengths.filter((length) => !this.mayBePassword(length) && requests.includes(length, 1));
    this.keyboardLengths = certain.length > 0 ? certain : lengths;
    this.keyboardDoubtful = certain.length === 0;
    this.failure = this.failureLength();
  }

  judge(succeeded: boolean, refusesSignatures: boolean): Rounds {
    let refusals = 0;
    let understood = true;
    let over = false;
    let prompted = false;
    let keyAccepted = false;
    for (let round = this.noneFirst ? 1 : 0; round < this.replies.length; round++) {
      const wasPrompted = prompted;
      const keyWasAccepted = keyAccepted;
      prompted = keyAccepted = false;
      if (this.isKeyAccepted(round)) keyAccepted = true;
      else if (this.isPrompt(round)) prompted = true;
      else if (this.replies[round] === this.failure) {
        // Elsewhere a good signature is refused only when more is asked for (partial success).
        if (!keyWasAccepted || refusesSignatures) refusals++;
      } else if (wasPrompted) prompted = true;
      else if (!succeeded && this.isTooMany(round)) {
        refusals++;
        over = true;
      } else understood = false;
    }
    return { attempts: understood ? refusals : undefined, refused: !succeeded && refusals > 0, over };
  }

  /**
   * The last reply is long and answers a signature or a password, so that it can only be SUCCESS with more behind
   * it. A key that is only asked for is never granted at once, and a prompt may be long too.
   */
  endsWithSuccess(): boolean {
    const last = this.replies.length - 1;
    if (last > 0 && this.isKeyAccepted(last - 1)) return true;
    const { client } = this.sizes;
    if (this.habits.secrets !== 'to 64' || !client.isRoundedUp(this.requests[last] as number)) return false;
    let prompted = false;
    for (let round = 1; round < last; round++) {
      prompted = this.isPrompt(round) || (prompted && this.replies[round] !== this.failure);
    }
    return !prompted && !this.isKeyboard(last);
  }

  /**
   * The length of USERAUTH_FAILURE. Where packets cannot be told apart, the first one may come with EXT_INFO
   * (OpenSSH from 9.6 on) or a banner in one flight; then a later, shorter reply shows it.
   */
  private failureLength(): number | undefined {
    const { replies } = this;
    const { server } = this.sizes;
    const first = replies[0] as number;
    if (server.readable || replies.indexOf(first, 1) > 0) return first;
    const keyboard = this.requests.some((_, round) => round > 0 && this.isPromptFor(round));
    let doubtful = false;
    for (let round = 1; round < replies.length; round++) {
      const reply = replies[round] as number;
      if (first - reply < server.smallest) continue;
      if (this.isPromptFor(round)) {
        doubtful ||= this.keyboardDoubtful && this.padsSecrets;
        continue;
      }
      if (keyboard && reply < server.wireLength(FAILURE_WITH_KEYBOARD)) continue;
      return reply;
    }
    return doubtful ? undefined : first;
  }

  /**
   * PK_OK repeats the key of the request: it is shorter by what is left out, and a signed request follows. Old
   * OpenSSH sends SSH_MSG_DEBUG on the key's options in the same flight.
   */
  private isKeyAccepted(round: number): boolean {
    if (!this.noneFirst) return false;
    const { client, server } = this.sizes;
    const none = client.largestPayload(this.requests[0] as number);
    const length = this.requests[round] as number;
    // SSH_MSG_USERAUTH_REQUEST "publickey" less its key has 5 bytes more than "none".
    const payload = client.largestPayload(length) - none - 5;
    const slack = client.block - 1;
    if (payload + slack < SMALLEST_KEY) return false;
    const reply = this.replies[round] as number;
    const least = server.wireLength(Math.max(SMALLEST_KEY, payload - slack));
    const most = server.wireLength(payload + slack);
    const next = this.requests[round + 1];
    if (reply < least || (reply > most && reply < least + server.smallest)) return false;
    if (next === undefined) return reply <= most && reply !== this.failure;
    return next >= length + SIGNATURE_AT_LEAST;
  }

  private isPrompt(round: number): boolean {
    if (!this.isPromptFor(round)) return false;
    if (this.replies[round] !== this.failure) return true;
    // A prompt that happens to be as long as a failure: an answer follows, and no new request.
    const next = this.requests[round + 1];
    if (this.keyboardDoubtful) return !this.padsSecrets && next !== undefined;
    return next === undefined || next === this.sizes.client.shortestRoundedUp;
  }

  /** The request was for keyboard-interactive, which is answered by a prompt. */
  private isPromptFor(round: number): boolean {
    if (!this.isKeyboard(round)) return false;
    if (this.padsSecrets) return true;
    // A password may be as long, but only an answer is shorter than any request.
    const next = this.requests[round + 1];
    return next !== undefined && next < (this.requests[0] as number);
  }

  private isKeyboard(round: number): boolean {
    return this.keyboardLengths.includes(this.requests[round] as number);
  }

  private possibleKeyboardLengths(): readonly number[] {
    const { client } = this.sizes;
    const most = Math.max(client.largestPayload(this.requests[0] as number), NONE_REQUEST_WITHOUT_USER);
    const least = Math.max(most - client.block + 1, NONE_REQUEST_WITHOUT_USER);
    return [client.wireLength(most + KEYBOARD_BEYOND_NONE), client.wireLength(least + KEYBOARD_BEYOND_NONE)];
  }

  private mayBePassword(length: number): boolean {
    return !this.padsSecrets || this.sizes.client.isRoundedUp(length);
  }

  private get padsSecrets(): boolean {
    return this.habits.secrets !== 'as they are';
  }

  private isTooMany(round: number): boolean {
    const last = round === this.replies.length - 1 && this.requests.length === this.replies.length;
    return last && this.replies[round] === this.sizes.server.wireLength(TOO_MANY_FAILURES);
  }
}

/** PK_OK with an Ed25519 key, the shortest there is. */
const SMALLEST_KEY = 1 + 4 + 'ssh-ed25519'.length + 4 + 51;

/**
 * The server's open flight of `bytes`, which answers the last of `flights`, begins with SUCCESS and goes on with
 * what OpenSSH sends then without being asked.
 */
export function isSuccessWithMore(
  flights: readonly number[],
  bytes: number,
  sizes: Sizes,
  habits: ClientHabits,
): boolean {
  if (bytes < sizes.server.smallest + LONG_AFTER_SUCCESS) return false;
  const { requests, replies } = roundsOf(flights, sizes, habits);
  // The first reply can be as long with a banner.
  if (replies.length === 0 || requests.length !== replies.length + 1) return false;
  if ((habits.noneFirst ?? asksNoneFirst(requests, sizes.client)) !== true) return false;
  return new Dialogue(requests, [...replies, bytes], sizes, habits, true).endsWithSuccess();
}

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
  serverSoftware: string,
): boolean {
  const { client, server } = sizes;
  if (flights.length < 4 || flights.length % 2 !== 0) return false;
  const open = client.wireLength(CHANNEL_OPEN);
  const noMore = client.wireLength(NO_MORE_SESSIONS);
  const shortest = flights[2] as number;
  const { bytes } = flight;
  const request = flights[flights.length - 2] as number;
  const reply = flights[flights.length - 1] as number;
  const long = reply >= server.smallest + LONG_AFTER_SUCCESS && reply > request;
  if (habits.secrets === 'as they are') {
    // An answer to a prompt may be as short, where the server has prompts.
    return bytes === open && bytes < shortest && (long || takesOnlyKeys(serverSoftware));
  }
  if (bytes < shortest && (bytes === open || bytes === noMore)) return true;
  // Blocks of 16 bytes can make it as long as "none", which is asked once, and as some farewells, which no long answer
  // to a secret or a signature precedes.
  const isNoKeyboard = request > client.wireLength(client.largestPayload(shortest) + KEYBOARD_BEYOND_NONE);
  if (habits.secrets === 'long' && bytes === shortest && bytes === open && isNoKeyboard) {
    return long && flights.length > 4;
  }
  // A long prompt would be answered; the first long reply has a banner.
  if (long && flights.length > 4 && habits.secrets === 'to 64' && bytes !== client.shortestRoundedUp) {
    // So would PK_OK with words on the key's options, by a signature.
    return client.isRoundedUp(request) || bytes < request + SIGNATURE_AT_LEAST;
  }
  if (bytes !== open + noMore) return false;
  return client.readable ? flight.packets === 2 : !client.isPacketLength(bytes);
}

/** The client's flight before success is no request but SSH_MSG_DISCONNECT, where that is shorter than any request. */
export function isFarewell(
  flights: readonly number[],
  bytes: number,
  sizes: Sizes,
  habits: ClientHabits,
): boolean {
  const payload = habits.disconnectPayload;
  const shortest = flights[2];
  if (payload === undefined || shortest === undefined || flights.length < 4) return false;
  return bytes < shortest && bytes === sizes.client.wireLength(payload);
}

/** A flight that opens a session's channel. OpenSSH adds to OpenSSH that there will be no other. */
export function opensChannel(bytes: number, client: PacketShape, serverSoftware: string): boolean {
  const open = client.wireLength(CHANNEL_OPEN);
  if (bytes === open + client.wireLength(NO_MORE_SESSIONS)) return true;
  return bytes === open && !serverSoftware.startsWith('OpenSSH');
}

/** All that `ssh -N` sends in a session, in one flight. */
export function isOnlyForwarding(bytes: number, client: PacketShape, habits: ClientHabits): boolean {
  const payload = habits.disconnectPayload;
  return payload !== undefined && bytes === client.wireLength(NO_MORE_SESSIONS) + client.wireLength(payload);
}

/**
 * What a client sends between the server's last word and SSH_MSG_DISCONNECT: EOF and CLOSE of its channels, after much
 * output also WINDOW_ADJUST for what it has read, or nothing (`ssh -N`).
 */
export function isBeforeDisconnect(bytes: number, client: PacketShape): boolean {
  const close = client.wireLength(CHANNEL_CLOSE);
  const adjust = client.wireLength(WINDOW_ADJUST);
  for (let adjusts = 0; adjusts <= MOST_ADJUSTS && adjusts * adjust <= bytes; adjusts++) {
    const rest = bytes - adjusts * adjust;
    if (rest % close === 0 && rest <= MOST_CLOSES * close) return true;
  }
  return bytes === client.wireLength(NO_MORE_SESSIONS);
}

/** Message number and channel, as in CHANNEL_EOF. */
const CHANNEL_CLOSE = 5;
const MOST_CLOSES = 4;
/** Message number, channel and bytes to add (RFC 4254 §5.2). Four of them were seen after 3 MB of output. */
const WINDOW_ADJUST = 9;
const MOST_ADJUSTS = 8;
