import { type ClientText, explainsText } from '../diagnosis/client-text.ts';
import { type Address, parseAddress } from '../wire/address.ts';
import type { MessageSummary } from './document.ts';
import { counted } from './layout.ts';
import type { AddressWords, ReportedSession } from './reporter.ts';

const MAX_EXAMPLES = 10;
/** The messages that are known name one or two. */
const MAX_ADDRESSES = 8;

/** Whether sessions end in a way that makes a client print a message: `analyze --message`. */
export class MessageCheck {
  private readonly text: ClientText;
  private sessions = 0;
  private readonly examples: MessageSummary['examples'][number][] = [];

  /** That the message names, by their text, until a session has them. */
  private readonly absent: Map<string, Address>;

  constructor(text: ClientText) {
    this.text = text;
    this.absent = new Map(text.messages.flatMap(({ line }) => addressesIn(line)).slice(0, MAX_ADDRESSES));
  }

  add(session: ReportedSession): void {
    for (const [named, address] of this.absent) if (isEndOf(session, address)) this.absent.delete(named);
    if (!explainsText(this.text, session)) return;
    this.sessions++;
    if (this.examples.length < MAX_EXAMPLES) {
      this.examples.push({ capture: session.capture, session: session.session });
    }
  }

  summary(): MessageSummary {
    return {
      lines: this.text.messages.map(({ line }) => line),
      fates: this.text.fates,
      sessions: this.sessions,
      examples: this.examples,
      ...(this.absent.size > 0 && { absentAddresses: [...this.absent.keys()] }),
    };
  }
}

/** As in 'closed by 10.0.0.1 port 22', 'host [2001:db8::1]:22' and '10.0.0.1: Permission denied'. */
function addressesIn(line: string): (readonly [string, Address])[] {
  return line.split(/[\s[\]()"',;@]+/).flatMap((word) => {
    const text = word.replace(/[.:]+$/, '').replace(/^([\d.]+):\d+$/, '$1');
    const address = parseAddress(text);
    return address === undefined ? [] : [[text, address] as const];
  });
}

function isEndOf(session: ReportedSession, { ipVersion, words }: Address): boolean {
  if (session.ipVersion !== ipVersion) return false;
  return areEqual(session.serverAddressWords, words) || areEqual(session.clientAddressWords, words);
}

const areEqual = (a: AddressWords, b: AddressWords): boolean =>
  a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];

/** Some sentences; texts are raw. */
export function messageVerdict(summary: MessageSummary): string {
  const verdict = explanations(summary);
  const { absentAddresses = [] } = summary;
  return absentAddresses.length === 0 ? verdict : `${verdict} ${absence(absentAddresses)}`;
}

function absence(addresses: readonly string[]): string {
  const which =
    addresses.length === 1
      ? `${addresses[0]}, which the message names, is`
      : `${addresses.join(' and ')}, which the message names, are`;
  return `${which} in none of these sessions: unless addresses are translated on the way, they are of another server or another time.`;
}

function explanations({ fates, sessions, examples }: MessageSummary): string {
  if (sessions === 0) {
    const look =
      fates.length === 0
        ? 'Nothing of it reaches the network'
        : `It would take a session with ${fates.length === 1 ? 'the fate' : 'one of the fates'} ${fates.join(', ')}`;
    return `No session of this capture explains that message. ${look}${fates.length === 0 ? '' : '; a capture at the client tells for certain'}.`;
  }
  const capture = examples[0]?.capture;
  const several = examples.some((example) => example.capture !== capture);
  const numbers = examples.map((each) =>
    several ? `${each.session} of ${each.capture}` : String(each.session),
  );
  const more = sessions > examples.length ? ' …' : '';
  return `${counted(sessions, 'session')} ${sessions === 1 ? 'ends' : 'end'} in a way that makes a client print it: ${numbers.join(', ')}${more}.`;
}
