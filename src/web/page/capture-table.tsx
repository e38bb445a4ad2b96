import type { StoredCapture } from './answers.ts';
import { Badge } from './blocks-view.tsx';
import { bytes, captureVerdict, minute, shown } from './words.ts';

export interface CaptureTableProps {
  readonly captures: readonly StoredCapture[];
  readonly caption: string;
  /** With these chosen for a comparison; absent where none can be chosen. */
  readonly chosen?: ReadonlySet<string>;
  choose?(id: string, isChosen: boolean): void;
}

export function CaptureTable({ captures, caption, chosen, choose }: CaptureTableProps) {
  return (
    <table class="stack captures">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {choose && (
            <th scope="col">
              <span class="unseen">Compare</span>
            </th>
          )}
          <th scope="col">Capture</th>
          <th scope="col">Verdict</th>
          <th scope="col" class="n">
            Size
          </th>
          <th scope="col">Uploaded</th>
        </tr>
      </thead>
      <tbody>
        {captures.map((capture) => (
          <tr key={capture.id}>
            {choose && (
              <td class="pick">
                <input
                  type="checkbox"
                  aria-label={`Choose ${shown(capture.name)} for a comparison`}
                  checked={chosen?.has(capture.id)}
                  onChange={({ currentTarget }) => choose(capture.id, currentTarget.checked)}
                />
              </td>
            )}
            <th scope="row">
              <a href={`/captures/${capture.id}`}>{shown(capture.name)}</a>
              {capture.notes && <p class="quiet note">{shown(capture.notes.slice(0, 160))}</p>}
            </th>
            <td data-label="Verdict">
              <Verdict capture={capture} />
            </td>
            <td class="n" data-label="Size">
              {bytes(capture.sizeBytes)}
            </td>
            <td data-label="Uploaded" class="when">
              {minute(capture.uploadedAt)}
              {capture.ownerName && capture.ownerName !== 'local' && ` by ${shown(capture.ownerName)}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Verdict({ capture }: { readonly capture: StoredCapture }) {
  const { summary, state } = capture;
  return (
    <>
      {summary?.worst && (
        <>
          <Badge severity={summary.worst.severity} />{' '}
        </>
      )}
      <span class={state === 'failed' ? 'high-text' : undefined}>{captureVerdict(capture)}</span>
      {summary?.worst && <p class="quiet note">{shown(summary.worst.title)}</p>}
    </>
  );
}
