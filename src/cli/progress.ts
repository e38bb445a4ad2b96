import { forTerminal } from '../report/escape.ts';
import { displayWidth, grouped, shorten } from '../report/layout.ts';
import type { DataOutput } from './file-output.ts';
import type { Terminal } from './terminal.ts';

export interface ProgressState {
  /** Of the file as it lies on disk; the total is absent for a stream. */
  readonly bytes: number;
  readonly totalBytes: number | undefined;
  readonly packets: number;
  readonly sessions: number;
}

/** More often than this only costs time. */
const INTERVAL_MS = 100;

/** One line on a terminal that is written over and taken away at the end. */
export class Progress {
  private readonly output: DataOutput;
  private readonly columns: number;
  private readonly now: () => number;
  private lastMs = Number.NEGATIVE_INFINITY;
  private shown = false;

  constructor(output: DataOutput, columns: number, now = () => performance.now()) {
    this.output = output;
    this.columns = columns;
    this.now = now;
  }

  update(name: string, { bytes, totalBytes, packets, sessions }: ProgressState): void {
    this.show(
      name,
      () =>
        `: ${share(bytes, totalBytes)}${megabytes(bytes)}, ${grouped(packets)} packets, ${grouped(sessions)} sessions`,
    );
  }

  /** Of a file on its way to a service. */
  sending(name: string, bytes: number, totalBytes: number): void {
    this.show(name, () => `: ${share(bytes, totalBytes)}${megabytes(bytes)} sent`);
  }

  private show(name: string, factsOf: () => string): void {
    const now = this.now();
    if (now - this.lastMs < INTERVAL_MS) return;
    this.lastMs = now;
    const facts = factsOf();
    const room = this.columns - 1 - displayWidth(facts);
    const line = shorten(`${shorten(forTerminal(name), Math.max(8, room))}${facts}`, this.columns - 1);
    this.write(`\r\x1b[K${line}`);
    this.shown = true;
  }

  clear(): void {
    if (this.shown) this.write('\r\x1b[K');
    this.shown = false;
  }

  private write(text: string): void {
    this.output.write(text);
    this.output.flush();
  }
}

function share(bytes: number, totalBytes: number | undefined): string {
  return totalBytes ? `${Math.min(100, Math.floor((bytes / totalBytes) * 100))} %, ` : '';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Progress where somebody sees it; undefined where stderr is no terminal, or nothing is to be said. */
export function progressOn(terminal: Terminal, isQuiet: boolean | undefined): Progress | undefined {
  return terminal.stderrIsTerminal && !isQuiet ? new Progress(terminal.stderr, terminal.columns) : undefined;
}
