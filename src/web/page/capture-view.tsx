import { useEffect } from 'preact/hooks';
import { captureTroubles, takenFrom } from '../../report/capture-troubles.ts';
import { fatePlot } from '../../report/figures/fate-plot.ts';
import { verdict } from '../../report/incident/incident-page.ts';
import { counted } from '../../report/layout.ts';
import { prose } from '../../report/page/blocks.ts';
import type { Me, Overview, StoredCapture } from './answers.ts';
import { Badge, Said } from './blocks-view.tsx';
import { CaptureActions } from './capture-actions.tsx';
import { Findings } from './findings-view.tsx';
import { Trouble, useGet, Wait } from './loading.tsx';
import { Meter } from './meter.tsx';
import { Notes } from './notes.tsx';
import { SessionTable } from './session-table.tsx';
import { SvgFigure } from './svg-figure.tsx';
import { useCapture } from './uploads.ts';
import { bytes, captureVerdict, minute, share, shown } from './words.ts';

export interface CaptureViewProps {
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly me: Me;
}

export function CaptureView({ id, query, me }: CaptureViewProps) {
  const { capture, error, turn, again } = useCapture(id);
  useEffect(() => {
    if (capture) document.title = `${captureVerdict(capture)} - ${shown(capture.name)} - sshfate`;
  }, [capture]);
  if (error) {
    return (
      <>
        <h1>No capture to show</h1>
        <Trouble error={error} />
      </>
    );
  }
  if (capture === undefined) return <Wait what="Loading the capture" />;
  return (
    <>
      <p class="title">
        <a href="/library">Library</a> / <bdi>{shown(capture.name)}</bdi>
      </p>
      {capture.state === 'done' ? (
        <Judged key={turn} capture={capture} query={query} me={me} onAgain={again} />
      ) : (
        <NotJudged capture={capture} me={me} onAgain={again} />
      )}
    </>
  );
}

interface NotJudgedProps {
  readonly capture: StoredCapture;
  readonly me: Me;
  readonly onAgain: () => void;
}

function NotJudged({ capture, me, onAgain }: NotJudgedProps) {
  const { state, progress, error } = capture;
  if (state === 'failed') {
    return (
      <>
        <h1>This file could not be judged</h1>
        <div class="problem" role="alert">
          <p>{shown(error?.message ?? 'The reason is not known.')}</p>
        </div>
        <CaptureActions capture={capture} me={me} onAgain={onAgain} />
      </>
    );
  }
  return (
    <div aria-live="polite" aria-busy="true">
      <h1>{state === 'queued' ? 'Waits for its turn' : 'Is being judged'}</h1>
      <Meter label="Judgement" share={share(progress)} text={captureVerdict(capture)} />
      <p class="quiet">The verdict comes here by itself. You may close this page: the work goes on.</p>
    </div>
  );
}

interface JudgedProps {
  readonly capture: StoredCapture;
  readonly query: Readonly<Record<string, string>>;
  readonly me: Me;
  readonly onAgain: () => void;
}

function Judged({ capture, query, me, onAgain }: JudgedProps) {
  const overview = useGet<Overview>(`/captures/${capture.id}/overview`);
  if (overview.error) {
    return (
      <>
        <h1>{captureVerdict(capture)}</h1>
        <Trouble error={overview.error} again={overview.again} />
      </>
    );
  }
  if (overview.value === undefined) return <Wait what="Loading the verdict" />;
  const { incident, facets } = overview.value;
  const { times, summary, captures } = incident;
  const troubles = captures.flatMap(captureTroubles);
  return (
    <>
      <h1>{verdict(incident)}</h1>
      <Lead incident={incident} id={capture.id} />
      {troubles.length > 0 && <p class="problem">The capture is not whole. {shown(troubles.join(' '))}</p>}
      <CaptureActions capture={capture} incident={incident} me={me} onAgain={onAgain} />
      <Findings id={capture.id} incident={incident} />
      {times !== undefined && summary.sessions > 1 && (
        <section aria-labelledby="times">
          <h2 id="times">Fates over time</h2>
          <SvgFigure svg={fatePlot(times, { id: 'plot' })} label="Fates over time" />
        </section>
      )}
      <SessionTable id={capture.id} query={query} facets={facets} all={summary.sessions} />
      <Notes capture={capture} me={me} />
      <FileFacts capture={capture} incident={incident} />
    </>
  );
}

/** The worst finding in words, and what to do first. */
function Lead({ incident, id }: { readonly incident: Overview['incident']; readonly id: string }) {
  const worst = incident.findings[0];
  if (worst === undefined || worst.severity === 'info') {
    return (
      <p class="lead">
        {incident.summary.sessions === 0
          ? 'No packet had a watched port.'
          : 'Nothing went wrong, as far as packets tell.'}
      </p>
    );
  }
  const why = worst.summary ?? worst.cause?.summary;
  const steps = worst.nextSteps ?? worst.cause?.nextSteps ?? [];
  const example = worst.examples[0];
  return (
    <div class="verdict">
      <p class="lead">
        <Badge severity={worst.severity} /> <strong>{shown(worst.title)}</strong>
        {why && (
          <>
            . <Said text={prose(why)} />
          </>
        )}
      </p>
      {steps.length > 0 && (
        <>
          <h2>What to do now</h2>
          <ol>
            {steps.map((step) => (
              <li key={step}>
                <Said text={prose(step)} />
              </li>
            ))}
          </ol>
        </>
      )}
      {example && (
        <p>
          <a href={`/captures/${id}/sessions/${example.session}`}>
            See it happen in session {example.session}
          </a>
        </p>
      )}
    </div>
  );
}

function FileFacts({
  capture,
  incident,
}: {
  readonly capture: StoredCapture;
  readonly incident: Overview['incident'];
}) {
  const read = incident.captures[0];
  return (
    <section aria-labelledby="file">
      <h2 id="file">The file</h2>
      <dl>
        <dt>Uploaded</dt>
        <dd>
          {minute(capture.uploadedAt)}
          {capture.ownerName && ` by ${shown(capture.ownerName)}`}
        </dd>
        <dt>Size</dt>
        <dd>
          {bytes(capture.sizeBytes)}
          {read &&
            `, ${read.format ?? 'no format'}${read.gzip ? ' in gzip' : ''}, ${counted(read.packets, 'packet')}${takenFrom(read)}`}
        </dd>
        <dt>SHA-256</dt>
        <dd>
          <code>{capture.sha256}</code>
        </dd>
      </dl>
    </section>
  );
}
