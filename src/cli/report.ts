import { collectIncident } from '../report/incident/collect-incident.ts';
import type { Incident } from '../report/incident/incident.ts';
import { withJointVerdicts } from '../report/incident/joint-findings.ts';
import { renderHtml, renderJson, renderMarkdown, renderText } from '../report/incident/render.ts';
import type { Reporter } from '../report/reporter.ts';
import { type CaptureRun, type CaptureRunSettings, judgeCaptures } from './capture-run.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { jointComparison } from './joint-comparison.ts';
import { formatOfFile, type IncidentFormat, sayUnknownEnding } from './report-format.ts';
import { compareOptionAdvice } from './shared-sessions.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

export interface ReportSettings extends CaptureRunSettings {
  readonly format?: IncidentFormat | undefined;
  /** The captures are of the same sessions, from several places. */
  readonly compare?: boolean | undefined;
}

/** Judges the captures, and writes one report of all of them. */
export async function report(
  paths: readonly string[],
  settings: ReportSettings,
  terminal: Terminal,
): Promise<ExitCode> {
  const { format, output: file } = settings;
  const compared = settings.compare ? await jointComparison(paths, settings, terminal) : undefined;
  if (settings.compare && compared === undefined) {
    terminal.say('Interrupted. Nothing was written.');
    return EXIT_CODES.interrupted.code;
  }
  const named = file === undefined ? undefined : formatOfFile(file);
  const write = WRITERS[format ?? named ?? 'markdown'];
  if (format === undefined && file !== undefined) sayUnknownEnding(file, named, 'markdown', terminal);
  const begin = async ({ output }: CaptureRun): Promise<Reporter> => {
    const collector = collectIncident(`sshfate ${version()}`);
    return {
      ...collector,
      end() {
        const alone = collector.incident();
        const incident =
          compared === undefined ? alone : withJointVerdicts(alone, compared.comparison, compared.exchangeOf);
        // Nothing could be read, which was said: a report that claims no session was seen would be wrong.
        if (incident.captures.length > 0) output.write(write(incident, terminal.columns));
      },
    };
  };
  const sharedAdvice = compared === undefined ? compareOptionAdvice : undefined;
  return judgeCaptures(paths, settings, terminal, begin, { sharedAdvice });
}

const WRITERS: Readonly<Record<IncidentFormat, (incident: Incident, width: number) => string>> = {
  markdown: (incident) => renderMarkdown(incident),
  html: renderHtml,
  json: renderJson,
  text: renderText,
};
