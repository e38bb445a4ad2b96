import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CapSource, hasCap } from '../live/cap-source.ts';
import { captureFilters } from '../live/capture-filter.ts';
import { EvidenceFiles } from '../live/evidence-files.ts';
import { allEvidence, type EvidenceSink, failedEvidence } from '../live/evidence-sink.ts';
import { listInterfaces } from '../live/interfaces.ts';
import { linesSink, ndjsonSink } from '../live/line-sinks.ts';
import type { LiveSink } from '../live/live-sink.ts';
import type { PacketSource, SourceEnd, Via } from '../live/packet-source.ts';
import { runWatch, SourceFailure } from '../live/run-watch.ts';
import { TcpdumpSource } from '../live/tcpdump-source.ts';
import { whyNoFolder } from '../make-folder.ts';
import { coloured, monochrome, plain } from '../report/paint.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { FileOutput } from './file-output.ts';
import type { LiveFormat } from './live-command.ts';
import { openServices, type ServiceSettings } from './live-services.ts';
import { didYouMean } from './near-miss.ts';
import { type SessionFilterOptions, sessionFilter } from './session-filter.ts';
import { type Terminal, wantsColour } from './terminal.ts';
import { version } from './version.ts';

export interface LiveSettings extends SessionFilterOptions, ServiceSettings {
  readonly via?: Via | undefined;
  readonly port?: readonly number[] | undefined;
  readonly anyPort?: boolean | undefined;
  readonly filter?: string | undefined;
  readonly tunnels?: boolean | undefined;
  readonly promiscuous: boolean;
  /** Milliseconds. */
  readonly silence?: number | undefined;
  /** Milliseconds. */
  readonly for?: number | undefined;
  readonly format?: LiveFormat | undefined;
  readonly output?: string | undefined;
  readonly color: boolean;
  readonly quiet?: boolean | undefined;
  /** A folder for packets. */
  readonly write?: string | undefined;
  /** Bytes. */
  readonly writeSize: number;
  /** Milliseconds. */
  readonly writeEvery: number;
  /** Bytes. */
  readonly writeLimit: number;
  readonly writeOnlyFailed?: boolean | undefined;
}

const DEFAULT_PORTS = [22];

/** Watches interfaces until it is told to stop. */
export async function live(
  interfaces: readonly string[],
  settings: LiveSettings,
  terminal: Terminal,
): Promise<ExitCode> {
  requireInterfaces(interfaces);
  if (settings.writeOnlyFailed && settings.write === undefined) {
    throw new UsageError('--write-only-failed goes with --write, and the folder for the packets.');
  }
  const via = settings.via ?? defaultVia(terminal);
  const sources = interfaces.map((name) => sourceOf(name, via, settings));
  const stop = new AbortController();
  const signals = listenForSignals(stop);
  terminal.onStdoutClosed(() => stop.abort());
  const output =
    settings.output === undefined ? terminal.stdout : FileOutput.create(settings.output, () => stop.abort());
  const view = await viewOf(settings, terminal, output, stop);
  // What is said while a view has the terminal stands in it.
  const talk: Terminal = { ...terminal, say: (text) => view.notice?.(text) };
  if (settings.for !== undefined) setTimeout(() => stop.abort(), settings.for).unref();
  try {
    const services = await openServices(settings, interfaces, talk, (text) => view.notice?.(text));
    const evidence = await evidenceOrNone(interfaces, settings, talk, services);
    // Its files are closed first: to deliver the last findings may take long.
    const sinks = [view, ...(evidence === undefined ? [] : [evidence]), ...services];
    signals.onHangup(() => {
      for (const sink of sinks) sink.rotate?.();
    });
    await runWatch({
      sources,
      sinks,
      ports: settings.port,
      anyPort: settings.anyPort,
      silenceMs: settings.silence,
      ...(evidence && { onPacket: (packet, info, position) => evidence.packet(packet, info, position) }),
      signal: stop.signal,
      onReady: () => talk.say(startedMessage(interfaces, via, settings)),
    });
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    // Without a filter of the user it is the link type that takes none of ours.
    if (error.end.kind === 'bad-filter' && settings.filter !== undefined) {
      throw new UsageError(
        `--filter: libpcap does not take '${settings.filter}': ${error.end.detail}. See pcap-filter(7).`,
      );
    }
    terminal.say(failureMessage(error.source, error.end));
    return EXIT_CODES.unreadable.code;
  } finally {
    signals.stopListening();
    output.end();
  }
  return signals.interrupted() ? EXIT_CODES.interrupted.code : EXIT_CODES.done.code;
}

function requireInterfaces(names: readonly string[]): void {
  const known = listInterfaces().map(({ name }) => name);
  for (const name of names) {
    if (name === 'any' || known.includes(name)) continue;
    const hint = didYouMean(name, known);
    throw new UsageError(
      `There is no network interface '${name}'.${hint === '' ? " 'sshfate interfaces' lists those that there are." : hint}`,
    );
  }
  if (names.includes('any') && names.length > 1) {
    throw new UsageError("'any' is all interfaces already. Give it alone.");
  }
}

function defaultVia(terminal: Terminal): Via {
  if (isInstalled('tcpdump', terminal.environment)) return 'tcpdump';
  if (hasCap()) return 'cap';
  throw new UsageError(
    'To capture, tcpdump is needed, or the package cap. Install tcpdump (apt install tcpdump, dnf install tcpdump), or libpcap-dev and a compiler and then sshfate again.',
  );
}

function isInstalled(command: string, environment: NodeJS.ProcessEnv): boolean {
  return [...(environment.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some(
    (folder) => folder !== '' && existsSync(join(folder, command)),
  );
}

function sourceOf(interfaceName: string, via: Via, settings: LiveSettings): PacketSource {
  const filters = captureFilters({
    ports: settings.port ?? DEFAULT_PORTS,
    anyPort: settings.anyPort ?? false,
    tunnels: settings.tunnels,
    extra: settings.filter,
  });
  return via === 'cap'
    ? new CapSource({ interfaceName, filters })
    : new TcpdumpSource({ interfaceName, filters, promiscuous: settings.promiscuous });
}

async function viewOf(
  settings: LiveSettings,
  terminal: Terminal,
  output: Terminal['stdout'],
  stop: AbortController,
): Promise<LiveSink> {
  const toFile = settings.output !== undefined;
  const isScreen = terminal.stdoutIsTerminal && !toFile;
  const isDumb = ['dumb', ''].includes(terminal.environment.TERM ?? '');
  const format = settings.format ?? (isScreen && !isDumb ? 'screen' : 'lines');
  const passes = sessionFilter(settings, 0n);
  const colours = wantsColour(terminal, settings.color, toFile);
  const say = (text: string): void => terminal.say(text);
  if (format === 'screen') {
    if (!isScreen) {
      throw new UsageError('The screen needs a terminal, and there is none. Use --format lines or ndjson.');
    }
    const { liveScreen } = await import('./live-screen.ts');
    const { processScreen } = await import('./process-screen.ts');
    const { client, server } = settings;
    return liveScreen({
      passes,
      passesOpen: sessionFilter({ client, server }, 0n),
      device: processScreen(),
      output,
      say,
      paint: colours ? coloured : monochrome,
      quit: () => stop.abort(),
    });
  }
  const paint = colours ? coloured : plain;
  const sink =
    format === 'ndjson'
      ? ndjsonSink(output, passes)
      : linesSink(output, passes, paint, settings.quiet ?? false);
  return { ...sink, notice: say, closing: say };
}

/**
 * Opened last, so that no empty file is left when something else cannot be opened.
 *
 * @throws UsageError when the folder cannot be written; the services are ended before.
 */
async function evidenceOrNone(
  interfaces: readonly string[],
  settings: LiveSettings,
  terminal: Terminal,
  services: readonly LiveSink[],
): Promise<EvidenceSink | undefined> {
  if (settings.write === undefined) return undefined;
  try {
    return evidenceOf(settings.write, interfaces, settings, terminal);
  } catch (error) {
    for (const service of services) await service.end?.();
    throw error;
  }
}

/** @throws UsageError when the folder cannot be written. */
function evidenceOf(
  folder: string,
  interfaceNames: readonly string[],
  settings: LiveSettings,
  terminal: Terminal,
): EvidenceSink {
  try {
    const files = new EvidenceFiles({
      folder,
      maximumBytes: settings.writeSize,
      maximumMs: settings.writeEvery,
      totalBytes: settings.writeLimit,
      application: `sshfate ${version()}`,
      interfaceNames,
      say: (text) => terminal.say(text),
    });
    return settings.writeOnlyFailed === true
      ? failedEvidence({
          files,
          ports: settings.port ?? DEFAULT_PORTS,
          anyPort: settings.anyPort ?? false,
        })
      : allEvidence(files);
  } catch (error) {
    throw new UsageError(
      `Packets cannot be kept in '${folder}': ${whyNoFolder(error)}. Choose another folder with --write.`,
    );
  }
}

function startedMessage(interfaces: readonly string[], via: Via, { port, anyPort }: LiveSettings): string {
  const which = anyPort === true ? 'all TCP ports' : `port ${(port ?? DEFAULT_PORTS).join(', ')}`;
  const how =
    via === 'tcpdump'
      ? 'tcpdump'
      : 'cap (times are those of arrival, and what is lost is not counted; tcpdump does better)';
  return `Watching ${which} on ${interfaces.join(', ')} through ${how}. Ctrl-C ends it.`;
}

const SETCAP = 'sudo setcap cap_net_raw=eip "$(command -v tcpdump)"';

function failureMessage(source: PacketSource, { kind, detail }: SourceEnd): string {
  const { interfaceName, via } = source;
  switch (kind) {
    case 'not-permitted':
      return `Capturing on ${interfaceName} is not permitted: it needs the capability CAP_NET_RAW. Run it as root, or give it to tcpdump with: ${SETCAP}, or pipe: sudo tcpdump -i ${interfaceName} -U -w - tcp port 22 or icmp | sshfate analyze -`;
    case 'no-interface':
      return `${interfaceName} cannot be captured from: ${detail}. 'sshfate interfaces' shows which are there and up.`;
    case 'bad-filter':
      return `libpcap takes no filter on ${interfaceName}: ${detail}. Pipe instead: sudo tcpdump -i ${interfaceName} -U -w - | sshfate analyze -`;
    case 'not-installed':
      return via === 'tcpdump'
        ? 'tcpdump is not installed. Install it (apt install tcpdump), or use --via cap.'
        : 'The package cap is not installed: it needs libpcap-dev and a compiler when sshfate is installed. Use --via tcpdump.';
    default:
      return `${via} cannot capture on ${interfaceName}: ${detail || 'it ended at once'}. Try it by hand: tcpdump -i ${interfaceName} -c 1`;
  }
}

/** The first Ctrl-C or SIGTERM ends the watch in order, the second one the program. */
function listenForSignals(stop: AbortController): {
  interrupted(): boolean;
  onHangup(callback: () => void): void;
  stopListening(): void;
} {
  let interrupted = false;
  let hangup = (): void => {};
  const onInterrupt = (): void => {
    interrupted = true;
    stop.abort();
  };
  const onTerminate = (): void => stop.abort();
  const onHangup = (): void => hangup();
  process.once('SIGINT', onInterrupt).once('SIGTERM', onTerminate).on('SIGHUP', onHangup);
  return {
    interrupted: () => interrupted,
    onHangup(callback) {
      hangup = callback;
    },
    stopListening() {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onHangup);
    },
  };
}
