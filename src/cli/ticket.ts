import { commonFolder } from '../report/capture-troubles.ts';
import { COMPARISON_WRITERS } from '../report/comparison/render.ts';
import type { Finding } from '../report/document.ts';
import { forTerminal } from '../report/escape.ts';
import { collectIncident } from '../report/incident/collect-incident.ts';
import type { Incident, IncidentFinding } from '../report/incident/incident.ts';
import { withJointVerdicts } from '../report/incident/joint-findings.ts';
import { renderHtml } from '../report/incident/render.ts';
import { counted } from '../report/layout.ts';
import { TICKET_SYSTEMS, type TicketSystemId } from '../tickets/catalogue.ts';
import { connect } from '../tickets/connect.ts';
import { dryRun } from '../tickets/dry-run.ts';
import { fetchTransport } from '../tickets/fetch-transport.ts';
import { contentKey, type Outcome, publish } from '../tickets/publish.ts';
import { type Attachment, attachment, type TicketContent } from '../tickets/ticket-content.ts';
import { TicketError } from '../tickets/ticket-error.ts';
import type { TicketSystem } from '../tickets/ticket-system.ts';
import { type CaptureRunSettings, judgeCaptures, listenForInterrupt } from './capture-run.ts';
import { type ComparedSessions, reportOf } from './compare.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { jointComparison } from './joint-comparison.ts';
import { progressOn } from './progress.ts';
import { compareOptionAdvice } from './shared-sessions.ts';
import type { Terminal } from './terminal.ts';
import { type MadeEvidence, makeEvidence } from './ticket-evidence.ts';
import type { AttachmentKind } from './ticket-options.ts';
import { version } from './version.ts';

export interface TicketSettings extends CaptureRunSettings {
  readonly to: TicketSystemId;
  readonly ticket?: string | undefined;
  readonly create?: boolean | undefined;
  readonly project?: string | undefined;
  readonly type?: string | undefined;
  readonly url?: string | undefined;
  readonly allowHttp?: boolean | undefined;
  readonly from?: string | undefined;
  readonly credentialsFile?: string | undefined;
  readonly credentialsCommand?: string | undefined;
  readonly finding?: readonly string[] | undefined;
  readonly attach?: readonly AttachmentKind[] | undefined;
  /** Bytes. */
  readonly maxAttachment?: number | undefined;
  readonly stripPayload?: boolean | undefined;
  /** The captures are of the same sessions, from several places. */
  readonly compare?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 5 * 60_000;
/** Sessions that the comparison on a ticket lists, the most telling ones. */
const LISTED = 100;

/** Judges the captures, and puts the findings on the ticket. */
export async function ticket(
  paths: readonly string[],
  settings: TicketSettings,
  terminal: Terminal,
): Promise<ExitCode> {
  const system: TicketSystem = TICKET_SYSTEMS[settings.to];
  requireTarget(system, settings);
  const compared = settings.compare ? await jointComparison(paths, settings, terminal) : undefined;
  if (settings.compare && compared === undefined) return interrupted(terminal);
  const collector = collectIncident(`sshfate ${version()}`);
  const judged = await judgeCaptures(paths, settings, terminal, async () => collector, {
    sharedAdvice: compared === undefined ? compareOptionAdvice : undefined,
  });
  if (judged === EXIT_CODES.interrupted.code) return judged;
  const alone = collector.incident();
  if (alone.captures.length === 0) return judged;
  const incident =
    compared === undefined ? alone : withJointVerdicts(alone, compared.comparison, compared.exchangeOf);
  requireFindings(incident, settings.finding);
  const findings = incident.findings.filter(({ id }) => settings.finding?.includes(id) ?? true);
  if (findings.length === 0) {
    terminal.say('There is no finding in what was read, so nothing is written to the ticket.');
    return judged;
  }
  const evidence = await evidenceFor(findings, settings, terminal);
  if (evidence === undefined) return interrupted(terminal);
  const content = contentOf({ ...incident, findings }, compared, evidence, settings);
  const failure = await deliver(system, content, settings, terminal);
  return failure ?? judged;
}

function interrupted(terminal: Terminal): ExitCode {
  terminal.say('Interrupted. Nothing was written to the ticket.');
  return EXIT_CODES.interrupted.code;
}

/** @throws UsageError when it is not clear which ticket is meant. */
function requireTarget(system: TicketSystem, settings: TicketSettings): void {
  const { ticket: id, create = false, project } = settings;
  const { title, ticket: form } = system;
  if ((id === undefined) !== create) {
    throw new UsageError(
      'Which ticket is meant? Give either --ticket with its id, or --create for a new one.',
    );
  }
  if (id !== undefined && !form.pattern.test(id)) {
    throw new UsageError(`'${id}' is no ticket of ${title}. Give one as in ${form.example}.`);
  }
  if (create && system.project !== undefined && project === undefined) {
    const { what, example } = system.project;
    throw new UsageError(
      `--create needs the ${what} for the new ticket. Give it as in --project ${example}.`,
    );
  }
}

/** @throws UsageError for a finding that is not there. */
function requireFindings({ findings }: Incident, asked: readonly string[] | undefined): void {
  const missing = asked?.find((id) => !findings.some((finding) => finding.id === id));
  if (missing === undefined) return;
  const there = findings.slice(0, 10).map(({ id }) => id);
  throw new UsageError(
    `There is no finding ${missing} in these captures. There ${there.length === 0 ? 'is none' : `${there.length === 1 ? 'is' : 'are'} ${there.join(', ')}`}.`,
  );
}

/** Undefined when the user ended it. */
async function evidenceFor(
  findings: readonly Finding[],
  settings: TicketSettings,
  terminal: Terminal,
): Promise<MadeEvidence | undefined> {
  const { attach, quiet, port, anyPort, silence, maxAttachment, stripPayload } = settings;
  if (!(attach?.includes('evidence') ?? true)) return { files: [], notes: [] };
  const stop = new AbortController();
  const interrupt = listenForInterrupt(stop);
  const progress = progressOn(terminal, quiet);
  let doing = '';
  try {
    return await makeEvidence(findings, {
      analysis: {
        ports: port,
        anyPort,
        silenceMs: silence,
        signal: stop.signal,
        ...(progress && { onProgress: (state) => progress.update(doing, state) }),
      },
      maxBytes: maxAttachment,
      stripPayload,
      onPass: (capture, what) => {
        doing = `evidence of ${capture} (${what})`;
      },
    });
  } catch (error) {
    if (!interrupt.happened()) throw error;
    return undefined;
  } finally {
    progress?.clear();
    interrupt.stopListening();
  }
}

function contentOf(
  incident: Incident,
  compared: ComparedSessions | undefined,
  evidence: MadeEvidence,
  settings: TicketSettings,
): TicketContent {
  const { findings } = incident;
  const folder = commonFolder(incident.captures.map(({ name }) => name));
  const shortName = (name: string): string => name.slice(folder.length);
  const files: Attachment[] = [];
  if (settings.attach?.includes('report') ?? true) {
    const html = renderHtml(incident);
    files.push(attachment('ssh-report', 'html', 'text/html', 'the report', Buffer.from(html)));
    if (compared !== undefined) {
      const page = COMPARISON_WRITERS.html(reportOf(compared, { limit: LISTED }, 'html'), 0);
      files.push(
        attachment('ssh-comparison', 'html', 'text/html', 'the captures compared', Buffer.from(page)),
      );
    }
  }
  files.push(...evidence.files);
  return {
    captures: incident.captures.map(({ name, start }) => ({ name: shortName(name), start })),
    sessions: incident.summary.sessions,
    findings: findings.map((finding) => withNames(finding, shortName)),
    attachments: files,
    notAttached: evidence.notes,
    version: version(),
  };
}

/** The captures' names as the comment shows them. */
function withNames(finding: IncidentFinding, shown: (capture: string) => string): IncidentFinding {
  const named = <T extends { readonly capture: string }>(all: readonly T[]): readonly T[] =>
    all.map((one) => ({ ...one, capture: shown(one.capture) }));
  const { examples, joint } = finding;
  if (joint === undefined) return { ...finding, examples: named(examples) };
  const verdict = { ...joint.verdict, evidence: named(joint.verdict.evidence) };
  return { ...finding, examples: named(examples), joint: { ...joint, verdict } };
}

/** Returns the exit code when it did not work. */
async function deliver(
  system: TicketSystem,
  content: TicketContent,
  settings: TicketSettings,
  terminal: Terminal,
): Promise<ExitCode | undefined> {
  const { dryRun: isDry = false } = settings;
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  process.once('SIGINT', onInterrupt);
  try {
    const api = await connect(system, {
      environment: terminal.environment,
      file: settings.credentialsFile,
      command: settings.credentialsCommand,
      url: settings.url,
      allowHttp: settings.allowHttp,
      from: settings.from,
      isDry,
      transport: isDry
        ? dryRun((text) => writeLines(terminal, text), system.isAddressSecret ?? false)
        : fetchTransport(stop.signal),
      timeoutMs: settings.timeout ?? DEFAULT_TIMEOUT_MS,
      say: (text) => terminal.say(text),
    });
    const outcome = await publish(system, api, content, {
      ticket: settings.ticket,
      project: settings.project,
      type: settings.type,
      from: settings.from,
      maximumAttachment: settings.maxAttachment,
      key: contentKey(content.captures, settings.finding),
    });
    if (isDry) {
      terminal.say(
        'Dry run: nothing was sent. This is for a ticket without an earlier comment about these captures.',
      );
    } else writeLines(terminal, outcomeText(outcome));
    for (const sentence of [...content.notAttached, ...outcome.leftOut])
      terminal.say(sentence.replaceAll('`', "'"));
    return undefined;
  } catch (error) {
    if (!(error instanceof TicketError)) throw error;
    if (error.problem === 'usage') throw new UsageError(error.message);
    terminal.say(error.message);
    return error.problem === 'interrupted' ? EXIT_CODES.interrupted.code : EXIT_CODES.undelivered.code;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

function outcomeText({ ticket: name, opened, comment, attached }: Outcome): string {
  const files = attached.length > 0 ? `, ${counted(attached.length, 'file')} attached` : '';
  return `${name}${opened ? ' opened' : ''}: ${COMMENT_WORDS[comment]}${files}\n`;
}

const COMMENT_WORDS: Readonly<Record<Outcome['comment'], string>> = {
  added: 'comment added',
  updated: 'comment updated',
  'added-again': 'a further comment added, as the older one cannot be changed',
  unchanged: 'nothing new, comment left as it is',
};

/** Line ends stay; whatever else is in it is shown and not obeyed. */
function writeLines(terminal: Terminal, text: string): void {
  terminal.stdout.write(text.split('\n').map(forTerminal).join('\n'));
}
