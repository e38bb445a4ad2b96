import type { SessionRecord } from '../session/record.ts';
import { clientMessageOf, isOfRelease, isQuiet } from './client-messages.ts';
import { type ConnectError, icmpConnectError, isAbsentNeighbour } from './connect-messages.ts';
import { deciding, KEY_REQUEST_BYTES, lastSaid } from './last-words.ts';
import { opensshRelease, releaseNumber } from './openssh-algorithms.ts';
import { hasProxyHeader, wordsInstead } from './words-instead.ts';

/**
 * The line that an OpenSSH client printed for this ending, as real clients did in real runs; undefined where it
 * cannot be told: another client, a client that left for reasons of its own, or several texts that fit. USER and
 * METHODS stand for what is encrypted.
 */
export function clientMessage(record: SessionRecord): string | undefined {
  const { software } = record.client;
  if (software !== undefined && !software.startsWith('OpenSSH_')) return undefined;
  switch (record.fate) {
    case 'rst-after-syn':
      return connect('refused', record);
    case 'no-syn-ack':
      // Nobody answered for the address on the link: whose kernel asked decides between two errors.
      if (isAbsentNeighbour(record)) return undefined;
      // One unanswered SYN may be a probe; a client that waits repeats it.
      return record.tcp.synRetransmissions > 0 ? connect('timedOut', record) : undefined;
    case 'icmp-after-syn': {
      const { icmp } = record.observed;
      const error = icmp && icmpConnectError(icmp);
      return error && connect(error, record);
    }
    default:
      return software === undefined ? undefined : afterConnect(record, software);
  }
}

const connect = (error: ConnectError, record: SessionRecord): string => printed(`connect-${error}`, record);

function printed(id: string, { server }: SessionRecord): string {
  return clientMessageOf(id)
    .text.replace(/HOST|ADDRESS/, server.address)
    .replace('PORT', String(server.port));
}

function afterConnect(record: SessionRecord, software: string): string | undefined {
  const { fate, ending, kex, disconnect, endedBy } = record;
  const mismatch = kex?.mismatch;
  if (fate === 'close-during-kex' && mismatch !== undefined) {
    return printed('no-match', record)
      .replace('…', NOUNS[mismatch.category])
      .replace('…', () => mismatch.server.join(','));
  }
  const goodbye = disconnect?.find((message) => message.from === 'server');
  if (goodbye !== undefined && clientMessageOf('disconnect').fates.includes(fate)) {
    return printed('disconnect', record)
      .replace('…', String(goodbye.reasonCode))
      .replace('…', () => goodbye.description);
  }
  // A load balancer is what stands there.
  if (hasProxyHeader(record)) return undefined;
  const words = ending === 'fin' ? wordsInstead(record) : undefined;
  if (words !== undefined) return printed('garbled', record).replace('…', `${lengthOf(words)}.`);
  if (record.cause?.id === 'keepalive-failed' && endedBy === 'client') return printed('keepalive', record);
  if (fate === 'close-during-auth' && ending === 'fin') {
    const refusal = refusalOf(record, software);
    if (refusal !== undefined) return printed(refusal, record);
  }
  if (endedBy !== 'server' && endedBy !== 'path') return undefined;
  // A reset in the client's own name went to the server.
  if (endedBy === 'path' && deciding(record)?.side === 'client') return undefined;
  if (fate !== 'fin-before-banner' && wroteIntoClosed(record)) return undefined;
  switch (fate) {
    case 'fin-before-banner':
      return printed(beforeBanner('closed', software), record);
    case 'rst-before-banner':
      return printed(beforeBanner('reset', software), record);
    case 'fin-after-banner':
      return printed('closed', record);
    case 'rst-after-banner':
      return printed('reset', record);
    case 'close-during-auth':
      if (ending === 'fin' && maySayTooMany(record)) return undefined;
      return printed(ending === 'rst' ? 'reset' : 'closed', record);
    case 'close-during-kex':
      return printed(ending === 'rst' ? 'reset' : 'closed', record);
    case 'closed-in-session':
      return printed('closed-in-session', record);
    default:
      return undefined;
  }
}

/** What a client takes for packet_length (RFC 4253 §6): the first four bytes of the line. */
const lengthOf = (words: string): number => Buffer.from(`${words}\r\n`, 'latin1').readUInt32BE(0);

/** Lines that name a refused login; absent where the packets leave more than one of them. */
function refusalOf(record: SessionRecord, software: string): string | undefined {
  const { cause, endedBy, server } = record;
  if (cause === undefined || cause.confidence === 'possible' || !isAsTested(software)) return undefined;
  switch (cause.id) {
    case 'too-many-authentication-failures':
      // Other servers say it otherwise, or say nothing.
      return isAsTested(server.software) ? 'too-many-failures' : undefined;
    case 'authentication-failed':
      return endedBy === 'client' && hadNothingLeft(record) ? 'permission-denied' : undefined;
    default:
      return undefined;
  }
}

/** Runs of 9.2 and 10.0 show these lines; old releases had others, and since which release each holds was not tried. */
const SINCE = '8.0';

function isAsTested(software: string | undefined): boolean {
  const release = opensshRelease(software);
  return release !== undefined && releaseNumber(release) >= releaseNumber(SINCE);
}

/**
 * The client left by itself because it had no further key or password. It also leaves when the server says "Too many
 * authentication failures", and sshpass ends it when it asks for a password once more.
 */
function hadNothingLeft(record: SessionRecord): boolean {
  const attempts = record.auth?.attempts;
  if (attempts === undefined) return false;
  if (attempts === 0) return true;
  const close = deciding(record);
  if (close === undefined) return false;
  const said = lastSaid(record).filter(({ packet }) => packet < close.packet);
  const answers = said.filter(({ from }) => from === 'server');
  const last = answers.pop();
  if (last === undefined) return false;
  const isRefusal =
    last.bytes < TOO_MANY_BYTES ||
    (attempts < FEWEST_TOO_MANY && answers.some(({ bytes }) => bytes === last.bytes));
  if (!isRefusal) return false;
  const requests = said.filter(({ from }) => from === 'client').slice(-PROMPTS);
  if ((requests.at(-1)?.bytes ?? 0) >= KEY_REQUEST_BYTES) return true;
  return attempts >= PROMPTS && requests.every(({ bytes }) => bytes < KEY_REQUEST_BYTES);
}

/** SSH_MSG_DISCONNECT with these words is longer with any cipher: length, padding length, 45 bytes, padding, MAC. */
const TOO_MANY_BYTES = 4 + 1 + 45 + 4 + 8;
/** MaxAuthTries may be lower, but nobody sets it below. */
const FEWEST_TOO_MANY = 2;
/** NumberOfPasswordPrompts's default. */
const PROMPTS = 3;

/**
 * From some number of attempts on the server says why, encrypted: "Too many authentication failures". It closes at
 * once after that, so that a LoginGraceTime that ran out is something else.
 */
const maySayTooMany = ({ auth, cause }: SessionRecord): boolean =>
  (auth?.attempts ?? 0) >= FEWEST_TOO_MANY && cause?.id !== 'login-grace-expired';

/** The client sent on after the FIN and met a reset: it prints the error of what it did next, reading or writing. */
function wroteIntoClosed(record: SessionRecord): boolean {
  const { ending, tcp, observed } = record;
  return (
    ending === 'fin' &&
    tcp.resets?.some(({ from }) => from === 'server') === true &&
    !observed.closes.some(({ side }) => side === 'client') &&
    !wroteOneRequest(record)
  );
}

/**
 * During authentication the client reads after every message. One message into a closed connection is written
 * without an error, and what is read then is the FIN, which came before the reset.
 */
function wroteOneRequest(record: SessionRecord): boolean {
  const close = deciding(record);
  if (record.stage !== 'auth' || close === undefined) return false;
  return (
    lastSaid(record).filter(({ from, packet }) => from === 'client' && packet > close.packet).length === 1
  );
}

const NOUNS = {
  kex: 'key exchange method',
  'host-key': 'host key type',
  cipher: 'cipher',
  mac: 'MAC',
  compression: 'compression method',
} as const;

/** The first line that is printed without -v. */
function beforeBanner(kind: 'closed' | 'reset', software: string): string {
  const release = opensshRelease(software);
  const current = `banner-${kind}`;
  if (release === undefined) return current;
  if (!isOfRelease(clientMessageOf(current), release)) return `old-banner-${kind}`;
  return isQuiet(clientMessageOf(current), release) ? kind : current;
}
