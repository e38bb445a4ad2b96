import ansi from 'ansi-escapes';
import type { FrameSize } from '../report/live-frame.ts';

/** A terminal that can be drawn on, with its keys where it has some. */
export interface ScreenDevice {
  size(): FrameSize;
  /** Resolves when the terminal took the text; rejects when it is gone. */
  write(text: string): Promise<void>;
  /** Returns when the terminal took the text; for the end, when nothing runs any more. */
  writeNow(text: string): void;
  /** Each key that is pressed, and changes of size; returns what takes the listeners away. */
  listen(events: DeviceEvents): () => void;
  /** Keys one by one, unseen. Nothing where there are no keys. */
  setRaw(isRaw: boolean): void;
}

export interface DeviceEvents {
  readonly onKey: (key: DeviceKey) => void;
  readonly onResize: () => void;
}

export interface DeviceKey {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly shift?: boolean | undefined;
}

export interface FullScreenOptions {
  readonly onKey: (key: DeviceKey) => void;
  /** All lines are wanted anew. */
  readonly onRedraw: () => void;
  /** The terminal is gone. */
  readonly onGone: () => void;
}

/** Without line wrap a line that the terminal finds wider than we do spoils nothing below it. No package names these. */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';

const SHOW = ansi.enterAlternativeScreen + WRAP_OFF + ansi.cursorHide + ansi.eraseScreen;
const HIDE = WRAP_ON + ansi.cursorShow + ansi.exitAlternativeScreen;

/** So long after it was continued the terminal is ours again: bash sets its modes first. */
const BACK_AFTER_MS = 50;

/**
 * The whole screen, for a while: what was on it comes back afterwards, however the program ends (but by SIGKILL). Only
 * lines that changed are sent, and while the terminal has not taken the last ones, none: a slow line delays nothing.
 */
export class FullScreen {
  isShown = false;
  private readonly device: ScreenDevice;
  private readonly options: FullScreenOptions;
  private drawn: readonly string[] = [];
  private waiting: readonly string[] | undefined;
  private writing: Promise<void> | undefined;
  private stopListening = (): void => {};
  private interrupts = 0;
  private back: NodeJS.Timeout | undefined;

  constructor(device: ScreenDevice, options: FullScreenOptions) {
    this.device = device;
    this.options = options;
  }

  /** Takes the screen, the keys and the signals that have to do with it. */
  open(): void {
    this.stopListening = this.device.listen({
      onKey: this.options.onKey,
      onResize: () => this.redraw(),
    });
    process.on('exit', this.hide);
    process.on('SIGTSTP', this.suspend);
    process.on('SIGCONT', this.resume);
    process.on('SIGQUIT', this.quit);
    process.on('SIGINT', this.interrupted);
    process.on('SIGTERM', this.terminated);
    this.show();
  }

  /** Gives all of it back. */
  async close(): Promise<void> {
    this.waiting = undefined;
    await this.writing;
    clearTimeout(this.back);
    this.hide();
    this.stopListening();
    process.off('exit', this.hide);
    process.off('SIGTSTP', this.suspend);
    process.off('SIGCONT', this.resume);
    process.off('SIGQUIT', this.quit);
    process.off('SIGINT', this.interrupted);
    process.off('SIGTERM', this.terminated);
  }

  draw(lines: readonly string[]): void {
    if (!this.isShown) return;
    if (this.writing !== undefined) {
      this.waiting = lines;
      return;
    }
    const text = changes(this.drawn, lines);
    this.drawn = lines;
    if (text === '') return;
    this.writing = this.device
      .write(ansi.synchronizedOutput(text))
      .catch(() => this.options.onGone())
      .then(() => this.written());
  }

  /** Everything is sent again: something else wrote on the screen. */
  redraw(): void {
    this.drawn = [];
    if (this.isShown) this.options.onRedraw();
  }

  /** To the shell, as Ctrl-Z does: with all processes of the job. */
  readonly stopJob = (): void => {
    process.kill(0, 'SIGTSTP');
  };

  private written(): void {
    this.writing = undefined;
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) this.draw(waiting);
  }

  private show(): void {
    if (this.isShown) return;
    this.isShown = true;
    this.drawn = [];
    this.device.setRaw(true);
    this.tell(SHOW);
  }

  private readonly hide = (): void => {
    if (!this.isShown) return;
    this.isShown = false;
    this.tell(HIDE);
    this.device.setRaw(false);
  };

  /** A terminal that is gone needs nothing any more. */
  private tell(text: string): void {
    try {
      this.device.writeNow(text);
    } catch {
      this.options.onGone();
    }
  }

  private readonly suspend = (): void => {
    this.hide();
    // With the listener gone, the signal does what it does to others. Where no shell could continue it, nothing.
    process.off('SIGTSTP', this.suspend);
    process.kill(process.pid, 'SIGTSTP');
    this.resume();
  };

  private readonly resume = (): void => {
    clearTimeout(this.back);
    this.back = setTimeout(() => {
      process.off('SIGTSTP', this.suspend).on('SIGTSTP', this.suspend);
      // Stopped by SIGSTOP, it was not hidden.
      this.hide();
      this.show();
      this.options.onRedraw();
    }, BACK_AFTER_MS);
  };

  private readonly quit = (): void => this.endBy('SIGQUIT', this.quit);

  /** The first one ends the watch in order, and is for others to hear; the second one the program. */
  private readonly interrupted = (): void => {
    if (++this.interrupts > 1) this.endBy('SIGINT', this.interrupted);
  };

  private readonly terminated = (): void => {
    if (++this.interrupts > 1) this.endBy('SIGTERM', this.terminated);
  };

  private endBy(signal: NodeJS.Signals, listener: () => void): void {
    this.hide();
    process.off(signal, listener);
    process.kill(process.pid, signal);
  }
}

/** What turns one picture into the next. */
function changes(before: readonly string[], after: readonly string[]): string {
  let text = '';
  const height = Math.max(before.length, after.length);
  for (let y = 0; y < height; y++) {
    const line = after[y] ?? '';
    // Erased before it is written: behind a line of the full width the cursor stands on its last column.
    if (line !== before[y]) text += ansi.cursorTo(0, y) + ansi.eraseEndLine + line;
  }
  return text;
}
