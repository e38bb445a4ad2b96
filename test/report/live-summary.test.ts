import { expect, test } from 'vitest';
import { liveSummary } from '../../src/report/live-summary.ts';
import { plain } from '../../src/report/paint.ts';
import { HOSTILE } from './fixtures.ts';
import { finding } from './live-pictures.ts';

const result = {
  interfaces: ['eth0', 'eth1'],
  runningMs: 754_000,
  packets: 45_678,
  lost: 12,
  judged: 4,
  fates: [
    { fate: 'completed', sessions: 3 },
    { fate: 'no-syn-ack', sessions: 1 },
  ],
  findings: [finding({ clientsAtLeast: true })],
  findingsOpen: 1,
} as const;

test('What is left on the screen: how much, what was lost, fates and findings.', () => {
  const text = liveSummary(result, { width: 80, paint: plain });
  expect(text.split('\n')[0]).toBe('eth0, eth1: 4 sessions in 13 min, 45,678 packets, 12 packets lost');
  expect(text).toMatch(/^completed {10}3 {3}75\.0 %/m);
  expect(text.replace(/\n +/g, ' ')).toContain(
    'high    10.77.2.2:22: closed during the key exchange (no-common-kex): 3 sessions of at least 1 client\n',
  );
});

test('Of many findings the worst ten are named, and the rest counted.', () => {
  const findings = Array.from({ length: 50 }, (_, i) => finding({ title: `finding ${i}` }));
  const text = liveSummary({ ...result, findings, findingsOpen: 2000 }, { width: 80, paint: plain });
  expect(text).toContain('finding 9:');
  expect(text).not.toContain('finding 10:');
  expect(text).toContain('and 1,990 more findings\n');
});

test('Without a session there is one line, and names are escaped.', () => {
  const nothing = {
    ...result,
    interfaces: [HOSTILE],
    judged: 0,
    lost: 0,
    fates: [],
    findings: [],
    findingsOpen: 0,
  };
  const text = liveSummary(nothing, { width: 200, paint: plain });
  expect(text).toMatch(/^SSH-2\.0-\\x1b.*: 0 sessions in 13 min, 45,678 packets, none lost\n$/);
});
