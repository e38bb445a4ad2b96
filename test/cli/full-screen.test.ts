import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FullScreen } from '../../src/cli/full-screen.ts';
import { fakeScreen } from './fake-screen.ts';

const SIGNALS = ['SIGTSTP', 'SIGCONT', 'SIGQUIT', 'SIGINT', 'SIGTERM'] as const;
const listeners = (): number =>
  SIGNALS.reduce((sum, signal) => sum + process.listenerCount(signal), process.listenerCount('exit'));

function screen() {
  const device = fakeScreen();
  const happened: string[] = [];
  const full = new FullScreen(device, {
    onKey: ({ name }) => happened.push(`key ${name}`),
    onRedraw: () => happened.push('redraw'),
    onGone: () => happened.push('gone'),
  });
  return { device, full, happened };
}

describe('a full screen', () => {
  it('takes the alternative screen and raw keys, and gives all of it back', async () => {
    const before = listeners();
    const { device, full } = screen();
    full.open();
    expect(device.written).toEqual(['\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[2J']);
    expect([device.isRaw, device.isListening, full.isShown]).toEqual([true, true, true]);
    await full.close();
    expect(device.written.at(-1)).toBe('\x1b[?7h\x1b[?25h\x1b[?1049l');
    expect([device.isRaw, device.isListening, full.isShown]).toEqual([false, false, false]);
    expect(listeners()).toBe(before);
  });

  it('sends only lines that changed, each erased before it is written', async () => {
    const { device, full } = screen();
    full.open();
    full.draw(['a', 'b', 'c']);
    await turn();
    full.draw(['a', 'B', 'c']);
    await turn();
    full.draw(['a', 'B', 'c']);
    full.draw(['a']);
    await turn();
    await full.close();
    expect(device.written.slice(1, -1)).toEqual([
      '\x1b[?2026h\x1b[1;1H\x1b[Ka\x1b[2;1H\x1b[Kb\x1b[3;1H\x1b[Kc\x1b[?2026l',
      '\x1b[?2026h\x1b[2;1H\x1b[KB\x1b[?2026l',
      '\x1b[?2026h\x1b[2;1H\x1b[K\x1b[3;1H\x1b[K\x1b[?2026l',
    ]);
  });

  it('lets nothing pile up before a terminal that takes nothing: then the last picture is sent', async () => {
    const { device, full } = screen();
    full.open();
    const goOn = device.stall();
    for (let n = 0; n < 100; n++) full.draw([`${n}`]);
    expect(device.written.length).toBe(2);
    goOn();
    await turn();
    await full.close();
    expect(device.written.slice(1, -1)).toEqual([
      '\x1b[?2026h\x1b[1;1H\x1b[K0\x1b[?2026l',
      '\x1b[?2026h\x1b[1;1H\x1b[K99\x1b[?2026l',
    ]);
  });

  it('is drawn anew when the size changes, and hands on keys', async () => {
    const { device, full, happened } = screen();
    full.open();
    full.draw(['a']);
    await turn();
    device.resize({ width: 200, height: 50 });
    full.draw(['a']);
    await turn();
    device.press({ name: 'q' });
    await full.close();
    device.press({ name: 'x' });
    expect(happened).toEqual(['redraw', 'key q']);
    expect(device.written.length).toBe(4);
  });

  it('says when the terminal is gone, and still lets go of everything', async () => {
    const before = listeners();
    const { device, full, happened } = screen();
    full.open();
    device.goAway();
    full.draw(['a']);
    await turn();
    await full.close();
    expect(happened).toEqual(['gone', 'gone']);
    expect(listeners()).toBe(before);
  });

  it('is hidden when the process ends without closing it', () => {
    const { device, full } = screen();
    full.open();
    for (const listener of process.listeners('exit').slice(-1)) listener(1);
    expect(device.written.at(-1)).toContain('\x1b[?1049l');
    expect(device.isRaw).toBe(false);
    return full.close();
  });
});
