import { useEffect, useRef, useState } from 'preact/hooks';
import type { CaptureList, Me, StoredCapture } from './answers.ts';
import { Badge } from './blocks-view.tsx';
import { CaptureTable } from './capture-table.tsx';
import { useGet } from './loading.tsx';
import { Meter } from './meter.tsx';
import { type Upload, useCapture, useUploads } from './uploads.ts';
import { bytes, captureVerdict, share, shown } from './words.ts';

export function UploadView({ me }: { readonly me: Me }) {
  const maxBytes = me.limits?.maxUploadBytes;
  const { uploads, add, stop } = useUploads(maxBytes);
  const latest = useGet<CaptureList>('/captures?limit=5');
  if (me.role === 'read') {
    return (
      <>
        <h1>Captures</h1>
        <p>Your token may read, not upload. What others have uploaded is in the library.</p>
        <Latest captures={latest.value?.captures ?? []} />
      </>
    );
  }
  return (
    <>
      <h1>What became of these SSH sessions?</h1>
      <p class="lead">
        Drop a capture. You get who ended each session, at which stage, why, the packets that prove it, and
        what to do now.
      </p>
      <DropZone add={add} maxBytes={maxBytes} />
      {uploads.length > 0 && (
        <section aria-labelledby="uploads">
          <h2 id="uploads">Uploads</h2>
          <ul class="uploads">
            {uploads.map((upload) =>
              upload.capture === undefined ? (
                <OnItsWay key={upload.key} upload={upload} stop={() => stop(upload.key)} />
              ) : (
                <Arrived key={upload.key} capture={upload.capture} />
              ),
            )}
          </ul>
        </section>
      )}
      <Latest captures={latest.value?.captures ?? []} />
    </>
  );
}

function Latest({ captures }: { readonly captures: readonly StoredCapture[] }) {
  if (captures.length === 0) return null;
  return (
    <section aria-labelledby="latest">
      <h2 id="latest">Latest captures</h2>
      <CaptureTable captures={captures} caption="Latest captures" />
      <p>
        <a href="/library">All captures</a>
      </p>
    </section>
  );
}

interface DropZoneProps {
  add(files: Iterable<File>): void;
  readonly maxBytes: number | undefined;
}

function DropZone({ add, maxBytes }: DropZoneProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  // A file that is dropped beside the field must not replace the page.
  useEffect(() => {
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      if (event.type === 'drop') add(event.dataTransfer?.files ?? []);
    };
    const drag = (event: DragEvent): void => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    document.addEventListener('dragover', drag);
    document.addEventListener('drop', drop);
    document.addEventListener('dragleave', leave);
    return () => {
      document.removeEventListener('dragover', drag);
      document.removeEventListener('drop', drop);
      document.removeEventListener('dragleave', leave);
    };
  });
  return (
    <div class={over ? 'drop over' : 'drop'}>
      <p class="lead">{over ? 'Let go to upload' : 'Drop captures here'}</p>
      <p>
        <button type="button" class="main" onClick={() => input.current?.click()}>
          Choose files
        </button>
      </p>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Captures"
        onChange={({ currentTarget }) => {
          add(currentTarget.files ?? []);
          currentTarget.value = '';
        }}
      />
      <p class="quiet">
        pcap or pcapng, also in gzip{maxBytes !== undefined && `, up to ${bytes(maxBytes)} each`}. Nothing is
        decrypted, no key is needed.
      </p>
    </div>
  );
}

function OnItsWay({ upload, stop }: { readonly upload: Upload; stop(): void }) {
  const { name, sizeBytes, sent, error } = upload;
  return (
    <li>
      <p class="file">{shown(name)}</p>
      {error === undefined ? (
        <Meter
          label={`Upload of ${shown(name)}`}
          share={sizeBytes === 0 ? undefined : sent / sizeBytes}
          text={sent === 0 ? 'Waits' : `Uploading, ${bytes(sent)} of ${bytes(sizeBytes)}`}
        />
      ) : (
        <p class="problem" role="alert">
          {shown(error.message)}
        </p>
      )}
      <button type="button" class="small" onClick={stop}>
        {error === undefined ? 'Stop' : 'Dismiss'}
      </button>
    </li>
  );
}

function Arrived({ capture: first }: { readonly capture: StoredCapture }) {
  const { capture = first } = useCapture(first.id, first);
  const { state, summary, progress } = capture;
  const isOver = state === 'done' || state === 'failed';
  return (
    <li aria-busy={!isOver}>
      <p class="file">
        <a href={`/captures/${capture.id}`}>{shown(capture.name)}</a>
      </p>
      {isOver ? (
        <p role="status" class={state === 'failed' ? 'problem' : undefined}>
          <strong>{captureVerdict(capture)}</strong>
          {summary?.worst && (
            <>
              {' '}
              <Badge severity={summary.worst.severity} /> {shown(summary.worst.title)}
            </>
          )}
        </p>
      ) : (
        <Meter
          label={`Judgement of ${shown(capture.name)}`}
          share={share(progress)}
          text={captureVerdict(capture)}
        />
      )}
      {state === 'done' && (
        <a class="button small" href={`/captures/${capture.id}`}>
          Read the verdict
        </a>
      )}
    </li>
  );
}
