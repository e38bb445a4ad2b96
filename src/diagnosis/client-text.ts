import { FATE_TABLE } from '../fate/table.ts';
import { FATES, type Fate, type Stage } from '../fate/vocabulary.ts';
import type { SessionRecord } from '../session/record.ts';
import {
  type ClientMessage,
  clientMessageOf,
  findClientMessage,
  isOfRelease,
  isPrintedBy,
  isQuiet,
} from './client-messages.ts';
import { opensshRelease } from './openssh-algorithms.ts';

/** What a client printed, read. */
export interface ClientText {
  /** The known messages in it, each once, in the order of the text. */
  readonly messages: readonly { readonly message: ClientMessage; readonly line: string }[];
  /** Of the OpenSSH client: as given, else as its -v lines say; undefined when neither does. */
  readonly release: string | undefined;
  /** Lines of -v are in it. */
  readonly verbose: boolean;
  /** How far the session had come by the last -v line that tells; undefined without one. */
  readonly reached: { readonly stages: readonly Stage[]; readonly line: string } | undefined;
  /** That fit all of it, in the order of the vocabulary; empty when nothing on the network fits. */
  readonly fates: readonly Fate[];
  /** What does not go together; empty when all does. */
  readonly doubts: readonly string[];
}

/** Pasted text has a limit like everything that comes from outside. */
const MAX_LINES = 10_000;
const MAX_LINE_LENGTH = 4000;

/** What a terminal or a build log colours with. */
const COLOUR = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;]*m`, 'g');

/** Undefined when no line holds a message that is known. `release` of OpenSSH, as in '9.2'. */
export function readClientText(text: string, release?: string): ClientText | undefined {
  const found = new Map<ClientMessage, string>();
  let reached: ClientText['reached'];
  let verbose = false;
  let told = release;
  // Programs that wrap the text write line ends as \r\n in words.
  for (const raw of text.split(/\r\n|\r|\n|\\r\\n|\\n/, MAX_LINES)) {
    const line = raw.slice(0, MAX_LINE_LENGTH).replace(COLOUR, '').trim();
    if (line === '') continue;
    if (/^debug\d: /.test(line)) verbose = true;
    told ??= releaseOf(line);
    const progress = PROGRESS.find(([pattern]) => pattern.test(line));
    if (progress !== undefined) reached = { stages: progress[1], line };
    const message = findClientMessage(line);
    if (message !== undefined && !found.has(message)) found.set(message, line);
  }
  if (found.size === 0) return undefined;
  const messages = [...found].map(([message, line]) => ({ message, line }));
  const doubts: string[] = [];
  const fates = fatesOf({ messages, release: told, verbose, reached }, doubts);
  return { messages, release: told, verbose, reached, fates, doubts };
}

/** Whether a session ends in a way that makes its client print all of it. */
export function explainsText(text: ClientText, record: SessionRecord): boolean {
  if (!text.fates.includes(record.fate)) return false;
  return text.messages.every(
    ({ message }) =>
      !message.fates.includes(record.fate) ||
      (message.explains(record) && isPrintedBy(message, record.client.software)),
  );
}

/** First line of `ssh -v`, and a later one. */
function releaseOf(line: string): string | undefined {
  const software = /^(?:debug1: Local version string SSH-2\.0-)?(OpenSSH_[\w.]+)/.exec(line)?.[1];
  return opensshRelease(software);
}

/** What -v says on the way, the latest last; a side's own view may be a step ahead of what ended the session. */
const PROGRESS: readonly (readonly [RegExp, readonly Stage[]])[] = [
  [/^debug1: Connecting to /, ['syn', 'syn-ack']],
  [/^debug1: (?:Connection established|Local version string)/, ['syn-ack', 'tcp']],
  [/^debug1: (?:kex|ssh)_exchange_identification: banner line/, ['tcp']],
  [/^debug1: Remote protocol version/, ['banner']],
  [/^debug1: SSH2_MSG_KEXINIT sent/, ['banner', 'kex']],
  [/^debug1: (?:SSH2_MSG_KEXINIT received|kex: |expecting SSH2_MSG_KEX|Server host key)/, ['kex']],
  [/^debug1: SSH2_MSG_NEWKEYS (?:sent|received)/, ['kex', 'auth']],
  [
    /^debug1: (?:SSH2_MSG_SERVICE_ACCEPT received|Authentications that can continue|Next authentication method)/,
    ['auth'],
  ],
  [/^debug1: Authentication succeeded|^Authenticated to /, ['session']],
];

type Parts = Pick<ClientText, 'messages' | 'release' | 'verbose' | 'reached'>;

function fatesOf({ messages, release, verbose, reached }: Parts, doubts: string[]): readonly Fate[] {
  // Lines that only stand beside others decide when there are no others.
  const telling = messages.filter(({ message }) => message.aside !== true);
  const asides = messages.filter(({ message }) => message.aside === true);
  let fates = common(telling.length > 0 ? telling : asides);
  if (fates === undefined) {
    doubts.push('These lines do not belong to one session: give them one by one.');
    fates = FATES.filter((fate) => messages.some(({ message }) => message.fates.includes(fate)));
  }
  const narrow = (keep: (fate: Fate) => boolean): void => {
    const narrowed = fates?.filter(keep) ?? [];
    if (narrowed.length > 0) fates = narrowed;
  };
  if (telling.length > 0) {
    for (const { message } of asides) narrow((fate) => message.fates.includes(fate));
  }
  if (release !== undefined) {
    for (const { message } of messages) {
      if (message.program !== 'OpenSSH' || isOfRelease(message, release)) continue;
      const when = message.since === undefined ? `before ${message.until}` : `since ${message.since}`;
      doubts.push(`OpenSSH ${release} does not print "${message.text}": only clients ${when} do.`);
    }
  }
  if (isClosedAlone(messages) && (verbose || (release !== undefined && !hidesFirstLine(release)))) {
    // Its first line would stand above it.
    narrow((fate) => !BEFORE_BANNER.has(fate));
  }
  if (isResetAlone(messages) && (verbose || release !== undefined)) {
    // Of a reset the first line was never hidden; but somebody may have pasted one line of two.
    narrow((fate) => !BEFORE_BANNER.has(fate));
  }
  if (reached !== undefined) narrow((fate) => stagesOf(fate).some((stage) => reached.stages.includes(stage)));
  return fates;
}

/** Undefined when there is none but could be. */
function common(messages: Parts['messages']): readonly Fate[] | undefined {
  const fates = FATES.filter((fate) => messages.every(({ message }) => message.fates.includes(fate)));
  const onNetwork = messages.some(({ message }) => message.fates.length > 0);
  return fates.length === 0 && onNetwork ? undefined : fates;
}

const BEFORE_BANNER: ReadonlySet<Fate> = new Set<Fate>(['fin-before-banner', 'rst-before-banner', 'not-ssh']);

const isFirstLine = (message: ClientMessage): boolean =>
  /^(old-)?banner-|^invalid-banner|^refusal-text/.test(message.id);

const isAlone = (messages: Parts['messages'], id: string): boolean =>
  messages.some(({ message }) => message.id === id) && !messages.some(({ message }) => isFirstLine(message));

const isClosedAlone = (messages: Parts['messages']): boolean => isAlone(messages, 'closed');
const isResetAlone = (messages: Parts['messages']): boolean => isAlone(messages, 'reset');

/** Of the two lines of a close before the identification string, newer clients hide the first. */
const hidesFirstLine = (release: string): boolean => isQuiet(clientMessageOf('banner-closed'), release);

/** The stages under which the table has a fate. */
function stagesOf(fate: Fate): readonly Stage[] {
  return STAGES_OF.get(fate) ?? [];
}

const STAGES_OF: ReadonlyMap<Fate, readonly Stage[]> = (() => {
  const map = new Map<Fate, Stage[]>([['not-ssh', ['tcp']]]);
  for (const [stage, endings] of Object.entries(FATE_TABLE) as [Stage, Readonly<Record<string, unknown>>][]) {
    for (const cell of Object.values(endings)) {
      const fates = typeof cell === 'string' ? [cell] : Object.values(cell as Record<string, string>);
      for (const fate of fates as Fate[]) map.set(fate, [...(map.get(fate) ?? []), stage]);
    }
  }
  return map;
})();
