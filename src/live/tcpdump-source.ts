import { execFile } from 'node:child_process';
import type { PacketSource, SourceEnd, SourceEvents } from './packet-source.ts';
import { TcpdumpPair } from './tcpdump-pair.ts';
import { type Manner, plainEnvironment } from './tcpdump-process.ts';

export interface TcpdumpOptions {
  /** The program; 'tcpdump' on the path by default. */
  readonly command?: string;
  readonly interfaceName: string;
  /** The best first; see `captureFilters`. */
  readonly filters: readonly string[];
  readonly promiscuous: boolean;
}

const FILTER_PATIENCE_MS = 10_000;

/**
 * tcpdump as a child: kernel time stamps, original lengths and a drop counter, all of which libpcap's binding for Node.js
 * lacks. One runs in the bulk manner all the time, and one in the prompt manner while few packets come; `Handover` says
 * whose packets are taken.
 */
export class TcpdumpSource implements PacketSource {
  readonly via = 'tcpdump';
  readonly interfaceName: string;
  private readonly options: TcpdumpOptions;
  private pair: TcpdumpPair | undefined;
  /** Of those that have ended. */
  private earlierDrops = 0;

  constructor(options: TcpdumpOptions) {
    this.options = options;
    this.interfaceName = options.interfaceName;
  }

  get drops(): number | undefined {
    return this.earlierDrops + (this.pair?.lostSoFar() ?? 0);
  }

  /** Which manner it is in; undefined while it does not run. */
  get manner(): Manner | undefined {
    return this.pair?.manner;
  }

  refresh(): void {
    this.pair?.askForDrops();
  }

  async run(events: SourceEvents, signal: AbortSignal): Promise<SourceEnd> {
    const filter = await this.workingFilter();
    if (typeof filter !== 'string') return filter;
    const { command = 'tcpdump', interfaceName, promiscuous } = this.options;
    const pair = new TcpdumpPair({ command, interfaceName, filter, promiscuous }, events);
    this.pair = pair;
    const end = await pair.run(signal);
    this.earlierDrops += pair.lostSoFar();
    this.pair = undefined;
    return signal.aborted ? { kind: 'stopped', detail: '' } : end;
  }

  /** The first filter that libpcap takes for this interface; else what it says of the last one. */
  private async workingFilter(): Promise<string | SourceEnd> {
    let end: SourceEnd = { kind: 'bad-filter', detail: 'there is no filter' };
    for (const filter of this.options.filters) {
      end = await this.tryFilter(filter);
      if (end.kind === 'stopped') return filter;
      if (end.kind !== 'bad-filter') break;
    }
    return end;
  }

  private tryFilter(filter: string): Promise<SourceEnd> {
    const { command = 'tcpdump', interfaceName } = this.options;
    const options = { env: plainEnvironment(), timeout: FILTER_PATIENCE_MS, encoding: 'latin1' } as const;
    return new Promise((resolve) => {
      execFile(command, ['-i', interfaceName, '-d', '--', filter], options, (error, _stdout, stderr) => {
        if (error === null) resolve({ kind: 'stopped', detail: '' });
        else if (error.code === 'ENOENT') {
          resolve({ kind: 'not-installed', detail: `${command} is not installed` });
        } else {
          const detail = stderr.replace(/^\S*tcpdump: /gm, '').trim();
          resolve({ kind: endKind(detail), detail: detail || error.message });
        }
      });
    });
  }
}

function endKind(detail: string): SourceEnd['kind'] {
  if (/permission|not permitted/i.test(detail)) return 'not-permitted';
  if (/No such device|doesn't exist/i.test(detail)) return 'no-interface';
  return 'bad-filter';
}
