import type { LiveSink, LiveState } from '../live/live-sink.ts';
import { type KeyEffect, LiveView, type LiveViewOptions } from '../live/live-view.ts';
import { liveFrame } from '../report/live-frame.ts';
import { liveSummary } from '../report/live-summary.ts';
import type { Paint } from '../report/paint.ts';
import type { DataOutput } from './file-output.ts';
import { type DeviceKey, FullScreen, type ScreenDevice } from './full-screen.ts';

export interface LiveScreenOptions extends LiveViewOptions {
  readonly device: ScreenDevice;
  /** For what is to stand on the ordinary screen after the end. */
  readonly output: DataOutput;
  /** Says a sentence there. */
  readonly say: (text: string) => void;
  readonly paint: Paint;
  /** Ends the watch in order. */
  readonly quit: () => void;
  /** As Ctrl-C does where keys are signals. */
  readonly interrupt?: () => void;
}

/** The picture goes on five times a second; states come ten times. */
const DRAW_EVERY_MS = 200;
/** What a key does is seen at once, but not more often: keys that are held come thirty times a second. */
const KEY_DRAW_EVERY_MS = 50;
/** One interface that is not there keeps the others waiting no longer. */
const OPEN_AFTER_MS = 3000;

/** A view of the watch on the whole terminal, and what is left of it afterwards. */
export function liveScreen(options: LiveScreenOptions): LiveSink {
  const { device, paint, output, say } = options;
  const view = new LiveView(options);
  let state: LiveState | undefined;
  let wasShown = false;
  let firstMs: number | undefined;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let soon: NodeJS.Timeout | undefined;

  const draw = (): void => {
    clearTimeout(soon);
    soon = undefined;
    const nowMs = performance.now();
    drawnMs = nowMs;
    screen.draw(liveFrame(view.picture(nowMs), device.size(), paint));
  };
  const drawSoon = (): void => {
    soon ??= setTimeout(draw, Math.max(0, drawnMs + KEY_DRAW_EVERY_MS - performance.now()));
  };
  const effects: Readonly<Record<KeyEffect, () => void>> = {
    none: drawSoon,
    quit: options.quit,
    interrupt: options.interrupt ?? interruptProcess,
    suspend: () => screen.stopJob(),
    redraw: () => screen.redraw(),
  };
  const onKey = (key: DeviceKey): void => effects[view.key(key, device.size())]();
  const screen = new FullScreen(device, { onKey, onRedraw: draw, onGone: options.quit });

  return {
    verdict: (session, verdict) => view.verdict(session, verdict),
    notice(text) {
      if (screen.isShown) view.notice(text, performance.now());
      else say(text);
    },
    closing(text) {
      // The summary that stays on the screen says it.
      if (!wasShown) say(text);
    },
    state(now) {
      state = now;
      const nowMs = performance.now();
      firstMs ??= nowMs;
      view.tick(now, nowMs);
      if (!wasShown) {
        const isReady = now.interfaces.every(({ capturing }) => capturing);
        if (!isReady && nowMs - firstMs < OPEN_AFTER_MS) return;
        wasShown = true;
        screen.open();
      }
      // A little early is better than one state too late.
      if (nowMs - drawnMs < DRAW_EVERY_MS - 20) return;
      view.refresh(now, nowMs);
      draw();
    },
    async end() {
      clearTimeout(soon);
      if (!wasShown) return;
      await screen.close();
      if (state !== undefined) {
        output.write(liveSummary(view.result(state), { width: device.size().width, paint }));
        output.flush();
      }
      for (const text of view.notices) say(text);
    },
  };
}

function interruptProcess(): void {
  process.kill(process.pid, 'SIGINT');
}
