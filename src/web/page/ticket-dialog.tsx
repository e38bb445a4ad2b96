import { useState } from 'preact/hooks';
import { request } from './api.ts';
import { asApiError } from './loading.tsx';
import { shown } from './words.ts';

/** The words that `sshfate ticket --to` takes, and what goes in as the ticket and as the credential. */
const SYSTEMS = [
  ['rt', 'Request Tracker'],
  ['redmine', 'Redmine'],
  ['jira-cloud', 'Jira Cloud'],
  ['jira-data-center', 'Jira Data Center'],
  ['github', 'GitHub'],
  ['gitlab', 'GitLab'],
  ['servicenow', 'ServiceNow'],
  ['pagerduty', 'PagerDuty'],
  ['webhook', 'Webhook'],
] as const;

export interface TicketDialogProps {
  readonly dialog: { readonly current: HTMLDialogElement | null };
  readonly id: string;
}

interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

export function TicketDialog({ dialog, id }: TicketDialogProps) {
  const [answer, setAnswer] = useState<Answer>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const said = (name: string): string => String(new FormData(form).get(name) ?? '').trim();
    const dryRun = (event.submitter as HTMLButtonElement | null)?.value === 'try';
    const [user, token] = credentialParts(said('credentials'));
    setBusy(true);
    try {
      const credentials = token === '' ? undefined : { ...(user !== '' && { user }), token };
      setAnswer(
        await request<Answer>('POST', `/captures/${id}/ticket`, {
          to: said('to'),
          ticket: said('ticket'),
          url: said('url'),
          credentials,
          dryRun,
        }),
      );
    } catch (problem) {
      setAnswer({ ok: false, text: asApiError(problem).message });
    } finally {
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog as { current: HTMLDialogElement }} aria-labelledby="ticket-heading">
      <form onSubmit={submit} autocomplete="off">
        <h2 id="ticket-heading">Put the findings on a ticket</h2>
        <p class="quiet">The report and the evidence are attached. Credentials are used once and not kept.</p>
        <label for="ticket-to">System</label>
        <select id="ticket-to" name="to">
          {SYSTEMS.map(([word, name]) => (
            <option key={word} value={word}>
              {name}
            </option>
          ))}
        </select>
        <label for="ticket-url">Address of the system</label>
        <input id="ticket-url" name="url" type="url" required placeholder="https://tickets.example.com" />
        <label for="ticket-number">Ticket</label>
        <input id="ticket-number" name="ticket" placeholder="1234, OPS-17, owner/repository#5" />
        <label for="ticket-credentials">Token, or USER:PASSWORD</label>
        <input id="ticket-credentials" name="credentials" type="password" autocomplete="off" />
        {answer && (
          <div class={answer.ok ? 'answer' : 'problem'} role="status">
            <pre>{shownLines(answer.text)}</pre>
          </div>
        )}
        <p class="actions">
          <button type="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
          <button type="submit" value="try" disabled={busy}>
            Try without sending
          </button>
          <button type="submit" class="main" value="send" disabled={busy}>
            Send
          </button>
        </p>
      </form>
    </dialog>
  );
}

const shownLines = (text: string): string => text.split('\n').map(shown).join('\n');

function credentialParts(text: string): readonly [user: string, token: string] {
  const at = text.indexOf(':');
  return at < 0 ? ['', text] : [text.slice(0, at), text.slice(at + 1)];
}
