import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { liveScreen } from '../../src/cli/live-screen.ts';
import { plain } from '../../src/report/paint.ts';
import { watched } from '../live/watched.ts';
import { fakeScreen } from './fake-screen.ts';
import { memoryTerminal } from './memory-terminal.ts';

/** More than passes between two pictures. */
const PICTURE_MS = 260;

function shown() {
  const device = fakeScreen();
  const terminal = memoryTerminal();
  const asked: string[] = [];
  const sink = liveScreen({
    ...{ device, paint: plain, passes: () => true, passesOpen: () => true },
    output: terminal.stdout,
    say: terminal.say,
    quit: () => asked.push('quit'),
    interrupt: () => asked.push('interrupt'),
  });
  const watch = watched(sink);
  const text = (): string => stripVTControlCharacters(device.written.join('\n'));
  /** What is written by this and until the next picture. */
  const next = async (): Promise<string> => {
    const from = device.written.length;
    await sleep(PICTURE_MS);
    watch.tick();
    await sleep(1);
    return stripVTControlCharacters(device.written.slice(from).join('\n'));
  };
  return { device, terminal, asked, sink, watch, text, next };
}

describe('the live screen', () => {
  it('waits until packets are captured: until then the terminal is left alone', async () => {
    const { device, sink, watch, terminal } = shown();
    watch.capturing = false;
    watch.tick();
    sink.notice?.('eth0: not yet.');
    expect(device.written).toEqual([]);
    expect(terminal.said).toEqual(['eth0: not yet.']);
    sink.closing?.('0 packets, 0 sessions, 0 packets known to be lost.');
    await sink.end?.();
    expect(terminal.stdout.text).toBe('');
    expect(terminal.said.at(-1)).toBe('0 packets, 0 sessions, 0 packets known to be lost.');
  });

  it('shows what happens, by keys what is wanted of it, and leaves a summary', async () => {
    const { device, sink, watch, terminal, text, next } = shown();
    watch.tick();
    for (const client of [1, 2]) watch.refused(client);
    watch.open(3);
    for (let n = 0; n < 5; n++) watch.tick();
    await next();
    expect(text()).toContain('[ENDED] 2');
    expect(text()).toMatch(/10\.77\.0\.1:40000 +rst-after-syn +server port-closed/);
    sink.notice?.('eth0: something happened.');
    expect(await next()).toContain('eth0: something happened.');
    device.press({ name: 'down', sequence: '\x1b[B' });
    device.press({ name: 'return', sequence: '\r' });
    expect(await next()).toContain('Session 2 of eth0');
    device.press({ name: 'escape', sequence: '\x1b' });
    device.press({ name: 'p', sequence: 'p' });
    watch.refused(4);
    for (let n = 0; n < 5; n++) watch.tick();
    expect(await next()).toContain('PAUSED, 1 ending since');
    sink.closing?.('40 packets, 3 sessions, 0 packets known to be lost.');
    await sink.end?.();
    expect(device.written.at(-1)).toContain('\x1b[?1049l');
    expect(terminal.stdout.text).toMatch(/^eth0: 3 sessions in .*, none lost\n/);
    expect(terminal.stdout.text).toMatch(/^rst-after-syn +3 +100\.0 %/m);
    expect(terminal.said).toEqual(['eth0: something happened.']);
  });

  it('says in the picture that packets are lost and that an interface is down', async () => {
    const { sink, watch, next } = shown();
    watch.tick();
    watch.lost = 7;
    watch.capturing = false;
    const text = await next();
    expect(text).toContain('7 LOST');
    expect(text).toContain('tcpdump DOWN');
    await sink.end?.();
  });

  it('draws no more than five pictures a second, however often the watch goes on', async () => {
    const { device, sink, watch } = shown();
    watch.tick();
    const from = device.written.length;
    const endMs = performance.now() + 1000;
    for (let n = 0; performance.now() < endMs; n++) {
      watch.refused(n);
      watch.tick(7);
      await sleep(5);
    }
    expect(device.written.length - from).toBeGreaterThan(1);
    expect(device.written.length - from).toBeLessThanOrEqual(7);
    await sink.end?.();
  });

  it('asks for the end: q in order, Ctrl-C as an interrupt', async () => {
    const { device, sink, watch, asked } = shown();
    watch.tick();
    device.press({ name: 'q', sequence: 'q' });
    device.press({ name: 'c', sequence: '\x03', ctrl: true });
    expect(asked).toEqual(['quit', 'interrupt']);
    await sink.end?.();
  });

  it('ends the watch when its terminal is gone', async () => {
    const { device, sink, watch, asked, next } = shown();
    watch.tick();
    device.goAway();
    watch.refused(1);
    await next();
    await sink.end?.();
    expect(asked).toContain('quit');
  });

  it('with another size has another picture', async () => {
    const { device, sink, watch, text } = shown();
    watch.tick();
    device.resize({ width: 200, height: 50 });
    await sleep(20);
    expect(text()).toContain('│ FATES');
    await sink.end?.();
  });
});
