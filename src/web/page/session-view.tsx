import { useEffect } from 'preact/hooks';
import { CONFIDENCE_WORDS, hostPort } from '../../diagnosis/cause-definition.ts';
import { FATE_DEFINITIONS } from '../../fate/definitions.ts';
import { displayFilters } from '../../report/display-filters.ts';
import { sequenceDiagram } from '../../report/figures/sequence-svg.ts';
import { evidenceTable, proposalBlocks, sessionFacts } from '../../report/incident/finding-section.ts';
import { sessionSequence } from '../../report/incident/session-sequence.ts';
import { prose } from '../../report/page/blocks.ts';
import { severityOf } from '../../report/severity.ts';
import { sinceStart } from '../../report/since-start.ts';
import type { SessionRecord } from '../../session/record.ts';
import type { StoredCapture } from './answers.ts';
import { apiAddress } from './api.ts';
import { Badge, Blocks, Said } from './blocks-view.tsx';
import { CopyButton, CopyLine } from './copy-line.tsx';
import { Trouble, useGet, Wait } from './loading.tsx';
import { queryText } from './routes.ts';
import { SvgFigure } from './svg-figure.tsx';
import { shown } from './words.ts';

export function SessionView({ id, session }: { readonly id: string; readonly session: number }) {
  const capture = useGet<StoredCapture>(`/captures/${id}`);
  const loaded = useGet<SessionRecord>(`/captures/${id}/sessions/${session}`);
  const record = loaded.value;
  useEffect(() => {
    if (record) document.title = `Session ${session}: ${record.fate} - sshfate`;
  }, [record, session]);
  if (loaded.error) {
    return (
      <>
        <h1>No session to show</h1>
        <Trouble error={loaded.error} again={loaded.again} />
      </>
    );
  }
  if (record === undefined) return <Wait what="Loading the session" />;
  return (
    <>
      <p class="title">
        <a href="/library">Library</a> /{' '}
        <a href={`/captures/${id}`}>
          <bdi>{shown(capture.value?.name ?? record.capture)}</bdi>
        </a>{' '}
        / session {session}
      </p>
      <Verdict record={record} />
      <p class="actions bar-of-actions">
        <a class="button main" href={apiAddress(`/captures/${id}/evidence?session=${session}`)} download>
          Download evidence
        </a>
        <a
          class="button"
          href={`/library${queryText({ server: hostPort(record.server), fate: record.fate, cause: record.cause?.id })}`}
        >
          Seen elsewhere?
        </a>
        <CopyButton text={location.href} label="Copy link" />
      </p>
      <Steps record={record} />
      <section aria-labelledby="diagram">
        <h2 id="diagram">What passed between them</h2>
        <SvgFigure
          svg={sequenceDiagram(sessionSequence(record), { id: 'sequence' })}
          label="Sequence diagram"
        />
      </section>
      <Proof record={record} />
      {record.kex && (record.kex.client || record.kex.server) && (
        <section aria-labelledby="proposals">
          <h2 id="proposals">Proposals</h2>
          <Blocks blocks={proposalBlocks(record.kex)} />
        </section>
      )}
      <Timeline record={record} />
      <section aria-labelledby="wireshark">
        <h2 id="wireshark">In Wireshark</h2>
        {displayFilters(record).map((filter) => (
          <CopyLine key={filter} text={filter} />
        ))}
      </section>
    </>
  );
}

function Verdict({ record }: { readonly record: SessionRecord }) {
  const { fate, cause } = record;
  const { title, meaning } = FATE_DEFINITIONS[fate];
  return (
    <>
      <h1>{title.charAt(0).toUpperCase() + title.slice(1)}</h1>
      <div class="verdict">
        <p class="lead">
          <Badge severity={severityOf(fate, cause?.id)} /> <Said text={prose(cause?.summary ?? meaning)} />
        </p>
        <p class="quiet">
          <code>{fate}</code>
          {cause && (
            <>
              {' '}
              because of <code>{cause.id}</code>, {cause.confidence}: {CONFIDENCE_WORDS[cause.confidence]}
            </>
          )}
        </p>
        <p class="quiet">
          <Said text={sessionFacts(record)} />
        </p>
      </div>
    </>
  );
}

function Steps({
  record: { cause, nextCapture, clientMessage, alternatives },
}: {
  readonly record: SessionRecord;
}) {
  const steps = cause?.nextSteps ?? [];
  return (
    <>
      {steps.length > 0 && (
        <section aria-labelledby="steps">
          <h2 id="steps">Next steps</h2>
          <ol>
            {steps.map((step) => (
              <li key={step}>
                <Said text={prose(step)} />
              </li>
            ))}
          </ol>
        </section>
      )}
      {nextCapture && (
        <section aria-labelledby="next-capture">
          <h2 id="next-capture">Capture next, at the {nextCapture.at}</h2>
          <p>
            <Said text={prose(nextCapture.why)} />
          </p>
          <CopyLine text={nextCapture.command} />
        </section>
      )}
      {clientMessage && (
        <section aria-labelledby="printed">
          <h2 id="printed">The client printed</h2>
          <CopyLine text={clientMessage} />
        </section>
      )}
      {alternatives && alternatives.length > 0 && (
        <section aria-labelledby="others">
          <h2 id="others">What else fits</h2>
          <ul>
            {alternatives.map(({ id, confidence, summary }) => (
              <li key={id}>
                <code>{id}</code> ({confidence}): <Said text={prose(summary)} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Proof({ record }: { readonly record: SessionRecord }) {
  if (record.cause === undefined || record.cause.evidence.length === 0) return null;
  return (
    <section aria-labelledby="proof">
      <h2 id="proof">The packets that prove it</h2>
      <Blocks blocks={[evidenceTable(record, record.cause)]} />
    </section>
  );
}

const MAX_ENTRIES = 200;

function Timeline({ record }: { readonly record: SessionRecord }) {
  const { timeline } = record;
  if (timeline.length === 0) return null;
  const listed = timeline.slice(0, MAX_ENTRIES);
  const left = timeline.length - listed.length;
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <Blocks
        blocks={[
          {
            kind: 'table',
            caption: 'The decisive packets in the order of the capture',
            columns: [
              { heading: 'Packet', align: 'right' },
              { heading: 'Time', align: 'right' },
              { heading: 'From', align: 'left' },
              { heading: 'What', align: 'left' },
            ],
            rows: listed.map(({ packet, time, from, what, detail }) => [
              [String(packet)],
              [sinceStart(record, time)],
              [from],
              [detail === undefined ? what : `${what}: ${detail}`],
            ]),
            more: left > 0 ? `and ${left} more, all of them in the JSON of the sessions` : undefined,
          },
        ]}
      />
    </section>
  );
}
