import { write, writeSync } from 'node:fs';
import { emitKeypressEvents, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceEvents, DeviceKey, ScreenDevice } from './full-screen.ts';

/** An escape that is followed by nothing for so long was the key. Over a slow line the rest of a sequence may be late. */
const ESCAPE_MS = 100;
const RETRY_MS = 5;
const STDOUT = 1;
/** Of a terminal that does not know. */
const USUAL_SIZE = { width: 80, height: 24 };

/** The terminal of this process: standard output, and standard input where it is a terminal too. */
export function processScreen(): ScreenDevice {
  const { stdin, stdout } = process;
  return {
    size() {
      const { columns, rows } = stdout;
      return columns > 0 && rows > 0 ? { width: columns, height: rows } : USUAL_SIZE;
    },
    write: (text) => writeAll(Buffer.from(text)),
    writeNow: writeAllNow,
    listen({ onKey, onResize }: DeviceEvents) {
      const onKeypress = (_text: string | undefined, key: DeviceKey): void => onKey(key);
      // A terminal that went away is noticed when it is written to.
      const onError = (): void => {};
      stdout.on('resize', onResize);
      if (stdin.isTTY) {
        // The second argument is asked for this member only.
        emitKeypressEvents(stdin, { escapeCodeTimeout: ESCAPE_MS } as unknown as Interface);
        stdin.on('keypress', onKeypress).on('error', onError).resume();
      }
      return () => {
        stdout.off('resize', onResize);
        if (stdin.isTTY) stdin.off('keypress', onKeypress).off('error', onError).pause();
      };
    },
    setRaw(isRaw) {
      if (!stdin.isTTY) return;
      try {
        stdin.setRawMode(isRaw);
      } catch {
        // The terminal is gone, and its modes with it.
      }
    },
  };
}

/**
 * Not by `process.stdout`: it writes to a terminal synchronously, and one that takes nothing would stop the watch. This
 * waits in a thread of its own.
 */
async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += await new Promise<number>((resolve, reject) => {
        write(STDOUT, bytes, written, (error, count) => (error === null ? resolve(count) : reject(error)));
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await sleep(RETRY_MS);
    }
  }
}

function writeAllNow(text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(STDOUT, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
