import { expect, test } from 'vitest';
import { Progress } from '../../src/cli/progress.ts';
import { displayWidth } from '../../src/report/layout.ts';
import { memoryTerminal } from './memory-terminal.ts';

const STATE = { bytes: 180_000_000, totalBytes: 400_000_000, packets: 1_234_567, sessions: 43_210 };

function progress(columns = 80) {
  const { stderr } = memoryTerminal();
  let now = 0;
  const line = new Progress(stderr, columns, () => now);
  return { stderr, line, wait: (ms: number) => (now += ms) };
}

test('shows how far it is, on one line', () => {
  const { stderr, line } = progress();
  line.update('dump.pcap', STATE);
  expect(stderr.text).toBe('\r\x1b[Kdump.pcap: 45 %, 180 MB, 1,234,567 packets, 43,210 sessions');
});

test('says nothing of percents for a stream', () => {
  const { stderr, line } = progress();
  line.update('-', { ...STATE, totalBytes: undefined, bytes: 1234 });
  expect(stderr.text).toBe('\r\x1b[K-: 0.0 MB, 1,234,567 packets, 43,210 sessions');
});

test('is written at most ten times a second', () => {
  const { stderr, line, wait } = progress();
  for (let i = 0; i < 1000; i++) {
    line.update('dump.pcap', STATE);
    wait(1);
  }
  expect(stderr.text.match(/\r/g)).toHaveLength(10);
});

test('never is wider than the terminal and holds no control characters of a file name', () => {
  for (const columns of [80, 60, 30]) {
    const { stderr, line } = progress(columns);
    line.update(`a\x1b[31m/${'very-long-'.repeat(20)}name.pcap`, STATE);
    const text = stderr.text.replace('\r\x1b[K', '');
    expect(displayWidth(text)).toBeLessThan(columns);
    expect(text).not.toContain('\x1b');
  }
});

test('is taken away at the end, if it was there', () => {
  const { stderr, line } = progress();
  line.clear();
  expect(stderr.text).toBe('');
  line.update('dump.pcap', STATE);
  line.clear();
  expect(stderr.text.endsWith('\r\x1b[K')).toBe(true);
});
