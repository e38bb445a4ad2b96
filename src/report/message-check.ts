import { type ClientText, explainsText } from '../diagnosis/client-text.ts';
import type { MessageSummary } from './document.ts';
import { counted } from './layout.ts';
import type { ReportedSession } from './reporter.ts';

const MAX_EXAMPLES = 10;

/** Whether sessions end in a way that makes a client print a message: `analyze --message`. */
export class MessageCheck {
  private readonly text: ClientText;
  private sessions = 0;
  private readonly examples: MessageSummary['examples'][number][] = [];

  constructor(text: ClientText) {
    this.text = text;
  }

  add(session: ReportedSession): void {
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
    };
  }
}

/** One sentence or two; texts are raw. */
export function messageVerdict({ fates, sessions, examples }: MessageSummary): string {
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
