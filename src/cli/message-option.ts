import { Option } from '@commander-js/extra-typings';
import { CLIENT_MESSAGES } from '../diagnosis/client-messages.ts';
import { type ClientText, readClientText } from '../diagnosis/client-text.ts';
import { UsageError } from './errors.ts';
import { optionValue } from './option-values.ts';
import type { Terminal } from './terminal.ts';

/** Enough for the output of `ssh -vvv`. */
const MAX_BYTES = 1024 * 1024;
const EXAMPLES = [
  'Connection closed by 10.0.0.1 port 22',
  'kex_exchange_identification: read: Connection reset by peer',
];

/** Of `explain` and of `analyze`: what a client printed, '-' for standard input. */
export function messageOption(description: string) {
  return new Option('-m, --message <text>', description);
}

export function clientVersionOption() {
  return new Option(
    '--client-version <release>',
    'of the OpenSSH client that printed it, e.g. 9.2 (ssh -V): the words changed over time',
  ).argParser(optionValue('--client-version', parseRelease));
}

/** '9.2' of '9.2', '9.2p1' and 'OpenSSH_9.2p1'. */
export function parseRelease(text: string): string {
  const release = /^(?:OpenSSH_)?(?:for_Windows_)?(\d{1,2}\.\d{1,2})(?:p\d+)?$/.exec(text.trim())?.[1];
  if (release === undefined) {
    throw new UsageError(
      `'${text}' is no OpenSSH release. Give one as 'ssh -V' says it, as in 9.2 or 9.2p1.`,
    );
  }
  return release;
}

/** @throws UsageError when no line of the text is known. */
export function readMessage(text: string, release: string | undefined, terminal: Terminal): ClientText {
  if (text === '-' && terminal.stdinIsTerminal) {
    terminal.say('Paste what the client printed, and end it with Ctrl-D on a line of its own.');
  }
  const printed = text === '-' ? terminal.readStdin(MAX_BYTES) : text;
  const read = readClientText(printed, release);
  if (read !== undefined) return read;
  if (printed.trim() === '') {
    throw new UsageError(
      `--message: The text is empty. Give what the client printed, as in '${EXAMPLES[0]}'.`,
    );
  }
  const whole = messagesWith(printed.trim());
  if (whole.length > 0) {
    throw new UsageError(
      `--message: That is a part of a message. Give all of the line, as in ${whole.map((each) => `'${each}'`).join(' or ')}.`,
    );
  }
  throw new UsageError(
    `--message: No line of it is known. ${CLIENT_MESSAGES.length} messages of OpenSSH, PuTTY and dropbear are, such as ${EXAMPLES.map((each) => `'${each}'`).join(' and ')}.`,
  );
}

/** Fewer characters are a part of everything. */
const MINIMUM_PART = 8;

/** The messages that a part of one may be of, those of OpenSSH first. */
function messagesWith(part: string): readonly string[] {
  if (part.length < MINIMUM_PART) return [];
  const asked = part.toLowerCase();
  const texts = CLIENT_MESSAGES.map(({ text }) => text).filter((text) => text.toLowerCase().includes(asked));
  return [...new Set(texts)].slice(0, 3);
}
