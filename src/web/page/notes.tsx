import { useState } from 'preact/hooks';
import type { Me, StoredCapture } from './answers.ts';
import { request } from './api.ts';
import { asApiError } from './loading.tsx';
import { shown } from './words.ts';

const MAX_CHARACTERS = 10_000;

/** What people write beside a capture. */
export function Notes({ capture, me }: { readonly capture: StoredCapture; readonly me: Me }) {
  const [text, setText] = useState(capture.notes ?? '');
  const [kept, setKept] = useState(capture.notes ?? '');
  const [said, setSaid] = useState('');
  const save = async (): Promise<void> => {
    setSaid('Saving …');
    try {
      await request('PATCH', `/captures/${capture.id}`, { notes: text });
      setKept(text);
      setSaid('Saved.');
    } catch (problem) {
      setSaid(`Not saved. ${asApiError(problem).message}`);
    }
  };
  return (
    <section aria-labelledby="notes">
      <h2 id="notes">Notes</h2>
      {me.role === 'read' ? (
        <p class="notes">{kept === '' ? 'None yet.' : kept}</p>
      ) : (
        <>
          <textarea
            aria-labelledby="notes"
            rows={4}
            maxLength={MAX_CHARACTERS}
            placeholder="Ticket number, who sent it, what was tried"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <p class="actions">
            <button type="button" disabled={text === kept} onClick={save}>
              Save notes
            </button>
            <span class="quiet" role="status">
              {shown(said)}
            </span>
          </p>
        </>
      )}
    </section>
  );
}
