import { useRef, useState } from 'preact/hooks';
import type { Incident } from '../../report/incident/incident.ts';
import type { Me, StoredCapture } from './answers.ts';
import { type ApiError, apiAddress, request } from './api.ts';
import { CopyButton } from './copy-line.tsx';
import { asApiError, Trouble } from './loading.tsx';
import { goTo } from './location.ts';
import { TicketDialog } from './ticket-dialog.tsx';
import { shown } from './words.ts';

export interface CaptureActionsProps {
  readonly capture: StoredCapture;
  /** Absent when there is no verdict. */
  readonly incident?: Incident;
  readonly me: Me;
  /** It is being judged again. */
  readonly onAgain: () => void;
}

const FORMATS = [
  ['html', 'HTML, one file to attach'],
  ['markdown', 'Markdown'],
  ['text', 'Text'],
  ['json', 'JSON of the report'],
  ['analyze', 'JSON of all sessions'],
] as const;

export function CaptureActions({ capture, incident, me, onAgain }: CaptureActionsProps) {
  const { id } = capture;
  const ticket = useRef<HTMLDialogElement>(null);
  const remove = useRef<HTMLDialogElement>(null);
  const worst = incident?.findings[0];
  return (
    <div class="actions bar-of-actions">
      {worst && (
        <a
          class="button main"
          href={apiAddress(`/captures/${id}/evidence?finding=${encodeURIComponent(worst.id)}`)}
          download
        >
          Download evidence
        </a>
      )}
      {incident && (
        <details class="menu" onFocusOut={closeOutside} onKeyDown={closeOnEscape}>
          <summary class="button">Report</summary>
          <ul>
            {FORMATS.map(([format, text]) => (
              <li key={format}>
                <a href={apiAddress(`/captures/${id}/report?format=${format}`)} download>
                  {text}
                </a>
              </li>
            ))}
          </ul>
        </details>
      )}
      {worst && me.role !== 'read' && (
        <button type="button" onClick={() => ticket.current?.showModal()}>
          Put on a ticket
        </button>
      )}
      <a class="button" href={`/compare?captures=${id}`}>
        Compare
      </a>
      <CopyButton text={location.href} label="Copy link" />
      {me.role !== 'read' && <JudgeAgain id={id} onAgain={onAgain} />}
      {me.role !== 'read' && (
        <button type="button" class="danger" onClick={() => remove.current?.showModal()}>
          Delete
        </button>
      )}
      {worst && <TicketDialog dialog={ticket} id={id} />}
      <DeleteDialog dialog={remove} capture={capture} />
    </div>
  );
}

/** For a capture that an older version judged, or that could not be judged for want of room. */
function JudgeAgain({ id, onAgain }: { readonly id: string; readonly onAgain: () => void }) {
  const [isSent, setIsSent] = useState(false);
  const [error, setError] = useState<ApiError>();
  const send = async (): Promise<void> => {
    setIsSent(true);
    setError(undefined);
    try {
      await request('POST', `/captures/${id}/analysis`);
      // The button goes with the verdict: the keyboard goes on from the page.
      document.querySelector<HTMLElement>('main')?.focus();
      onAgain();
    } catch (problem) {
      setError(asApiError(problem));
    }
    setIsSent(false);
  };
  return (
    <>
      <button type="button" onClick={send} disabled={isSent}>
        Judge again
      </button>
      {error && (
        <p class="problem" role="alert">
          {shown(error.message)}
        </p>
      )}
    </>
  );
}

function closeOutside(event: FocusEvent): void {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (!(event.relatedTarget instanceof Node) || !menu.contains(event.relatedTarget)) menu.open = false;
}

function closeOnEscape(event: KeyboardEvent): void {
  if (event.key !== 'Escape') return;
  const menu = event.currentTarget as HTMLDetailsElement;
  menu.open = false;
  menu.querySelector('summary')?.focus();
}

interface DeleteDialogProps {
  readonly dialog: { readonly current: HTMLDialogElement | null };
  readonly capture: StoredCapture;
}

function DeleteDialog({ dialog, capture }: DeleteDialogProps) {
  const [error, setError] = useState<ApiError>();
  const remove = async (): Promise<void> => {
    try {
      await request('DELETE', `/captures/${capture.id}`);
      dialog.current?.close();
      goTo('/library');
    } catch (problem) {
      setError(asApiError(problem));
    }
  };
  return (
    <dialog ref={dialog as { current: HTMLDialogElement }} aria-labelledby="delete-heading">
      <h2 id="delete-heading">Delete this capture?</h2>
      <p>
        <strong>{shown(capture.name)}</strong>, its verdict and its notes go, and links to it end. This cannot
        be undone.
      </p>
      {error && <Trouble error={error} />}
      <p class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button type="button" class="danger" onClick={remove}>
          Delete
        </button>
      </p>
    </dialog>
  );
}
