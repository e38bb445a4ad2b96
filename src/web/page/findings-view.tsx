import { useState } from 'preact/hooks';
import { CONFIDENCE_WORDS } from '../../diagnosis/cause-definition.ts';
import { FATE_DEFINITIONS } from '../../fate/definitions.ts';
import type { Incident, IncidentFinding } from '../../report/incident/incident.ts';
import { counted, grouped } from '../../report/layout.ts';
import { prose } from '../../report/page/blocks.ts';
import { timeSpan } from '../../report/time-span.ts';
import { apiAddress } from './api.ts';
import { Badge, Said } from './blocks-view.tsx';
import { CopyLine } from './copy-line.tsx';
import { queryText } from './routes.ts';
import { shown } from './words.ts';

const AT_FIRST = 10;

export function Findings({ id, incident }: { readonly id: string; readonly incident: Incident }) {
  const [all, setAll] = useState(false);
  const { findings } = incident;
  if (findings.length === 0) return null;
  const listed = all ? findings : findings.slice(0, AT_FIRST);
  const left = findings.length - listed.length;
  return (
    <section aria-labelledby="findings">
      <h2 id="findings">
        Findings <span class="count">{grouped(findings.length)}</span>
      </h2>
      {listed.map((finding) => (
        <OneFinding key={finding.id} id={id} finding={finding} />
      ))}
      {left > 0 && (
        <button type="button" onClick={() => setAll(true)}>
          Show {grouped(left)} more
        </button>
      )}
    </section>
  );
}

interface OneFindingProps {
  readonly id: string;
  readonly finding: IncidentFinding;
}

function OneFinding({ id, finding }: OneFindingProps) {
  const { severity, title, sessions, clients, clientsAtLeast, firstSeen, lastSeen, cause, fate } = finding;
  const steps = finding.nextSteps ?? cause?.nextSteps ?? [];
  const why = finding.summary ?? cause?.summary;
  const next = finding.example?.nextCapture;
  const evidence = apiAddress(`/captures/${id}/evidence?finding=${encodeURIComponent(finding.id)}`);
  // What many sessions show together is of no single cause, and may be of several servers.
  const these =
    finding.pattern === undefined
      ? queryText({ fate, cause: cause?.id, server: finding.server })
      : queryText({ fate });
  return (
    <details class={`finding ${severity}`}>
      <summary>
        <Badge severity={severity} /> <span class="finding-title">{shown(title)}</span>
        <span class="quiet finding-counts">
          {counted(sessions, 'session')}, {clientsAtLeast && 'at least '}
          {counted(clients, 'client')}
        </span>
      </summary>
      <div class="finding-body">
        <p>
          <Said text={prose(why ?? FATE_DEFINITIONS[fate].meaning)} />
        </p>
        {cause && finding.summary === undefined && (
          <p class="quiet">
            Cause <code>{cause.id}</code>, {cause.confidence}: {CONFIDENCE_WORDS[cause.confidence]}.{' '}
            {timeSpan(firstSeen, lastSeen)}.
          </p>
        )}
        {why === undefined && FATE_DEFINITIONS[fate].usualCauses.length > 0 && (
          <>
            <p>The packets do not tell why. Usual behind this fate:</p>
            <ul>
              {FATE_DEFINITIONS[fate].usualCauses.map((usual) => (
                <li key={usual}>{usual}</li>
              ))}
            </ul>
          </>
        )}
        {steps.length > 0 && (
          <>
            <h3>Next steps</h3>
            <ol>
              {steps.map((step) => (
                <li key={step}>
                  <Said text={prose(step)} />
                </li>
              ))}
            </ol>
          </>
        )}
        {next && (
          <>
            <h3>Capture next, at the {next.at === 'path' ? 'path' : next.at}</h3>
            <p>
              <Said text={prose(next.why)} />
            </p>
            <CopyLine text={next.command} />
          </>
        )}
        <p class="actions">
          {finding.examples.slice(0, 3).map(({ session }) => (
            <a key={session} class="button small" href={`/captures/${id}/sessions/${session}`}>
              Session {session}
            </a>
          ))}
          <a class="button small" href={`/captures/${id}${these}#sessions`}>
            All its sessions
          </a>
          <a class="button small" href={evidence} download>
            Evidence
          </a>
          <a
            class="button small"
            href={`/library${queryText({ server: finding.server, fate, cause: cause?.id })}`}
          >
            Seen elsewhere?
          </a>
        </p>
      </div>
    </details>
  );
}
