import { REPORTERS, type ReportFormat } from '../report/index.ts';
import { MessageCheck, messageVerdict } from '../report/message-check.ts';
import { coloured, plain } from '../report/paint.ts';
import type { Reporter, ReportOutput } from '../report/reporter.ts';
import type { SessionColumnName } from '../report/session-columns.ts';
import { type CaptureRun, type CaptureRunSettings, judgeCaptures } from './capture-run.ts';
import { UsageError } from './errors.ts';
import type { ExitCode } from './exit-codes.ts';
import { readMessage } from './message-option.ts';
import { compareAdvice } from './shared-sessions.ts';
import { type Terminal, wantsColour } from './terminal.ts';

export interface AnalyzeSettings extends CaptureRunSettings {
  readonly format: ReportFormat;
  readonly all?: boolean | undefined;
  readonly wide?: boolean | undefined;
  readonly sort?: SessionColumnName | undefined;
  readonly limit: number;
  readonly color: boolean;
  /** What a client printed; '-' is standard input. */
  readonly message?: string | undefined;
  readonly clientVersion?: string | undefined;
}

/** The main job: judges every session of the captures and reports them. */
export async function analyze(
  paths: readonly string[],
  settings: AnalyzeSettings,
  terminal: Terminal,
): Promise<ExitCode> {
  const message = messageCheck(paths, settings, terminal);
  const begin = async (run: CaptureRun): Promise<Reporter> => {
    const reporter = await reporterOf(settings, terminal, run, message);
    return message === undefined ? reporter : withMessage(reporter, message, settings, terminal);
  };
  return judgeCaptures(paths, settings, terminal, begin, {
    streams: isStreaming(settings),
    sharedAdvice: compareAdvice(settings),
  });
}

/** @throws UsageError for a message that is not known. */
function messageCheck(
  paths: readonly string[],
  { message, clientVersion }: AnalyzeSettings,
  terminal: Terminal,
): MessageCheck | undefined {
  if (message === undefined) {
    if (clientVersion !== undefined) throw new UsageError('--client-version goes with --message.');
    return undefined;
  }
  if (message === '-' && paths.includes('-')) {
    throw new UsageError(
      'Standard input cannot be both the capture and the message. Give one of them as it is.',
    );
  }
  return new MessageCheck(readMessage(message, clientVersion, terminal));
}

async function reporterOf(
  settings: AnalyzeSettings,
  terminal: Terminal,
  { output, severalCaptures }: CaptureRun,
  message: MessageCheck | undefined,
): Promise<Reporter> {
  const colour = wantsColour(terminal, settings.color, settings.output !== undefined);
  if (settings.session !== undefined && settings.format === 'table') {
    return sessionReporter(output, terminal.columns, colour);
  }
  return REPORTERS[settings.format](output, {
    width: terminal.columns,
    colour,
    all: settings.all ?? false,
    wide: settings.wide ?? false,
    limit: settings.limit,
    sort: settings.sort,
    anyPort: settings.anyPort,
    severalCaptures,
    message,
  });
}

async function sessionReporter(output: ReportOutput, width: number, colour: boolean): Promise<Reporter> {
  const { sessionView } = await import('../report/session-view.ts');
  const options = { width, paint: colour ? coloured : plain };
  return {
    session: (session) => output.write(sessionView(session, options)),
    capture: () => {},
    end: () => {},
  };
}

/** A table and a document have what becomes of the message; beside other data it is talk. */
function withMessage(
  reporter: Reporter,
  message: MessageCheck,
  { session: number, format }: AnalyzeSettings,
  terminal: Terminal,
): Reporter {
  const isShown = format === 'json' || (format === 'table' && number === undefined);
  return {
    session(session) {
      message.add(session);
      reporter.session(session);
    },
    capture: (capture) => reporter.capture(capture),
    end() {
      reporter.end();
      if (!isShown) terminal.say(messageVerdict(message.summary()));
    },
  };
}

/** Sessions are printed while the capture is read. */
function isStreaming({ format, all, sort }: AnalyzeSettings): boolean {
  return format === 'table' ? all === true && sort === undefined : true;
}
