import { expect, test } from 'vitest';
import type { Finding } from '../../src/report/document.ts';
import { displayWidth } from '../../src/report/layout.ts';
import { Overview } from '../../src/report/overview.ts';
import { captureLines, findingLines, GAP, hanging } from '../../src/report/overview-text.ts';
import { plain } from '../../src/report/paint.ts';
import { captureRecord, noCommonKex, portClosed, reported } from './fixtures.ts';

test('text hangs below its indent', () => {
  expect(hanging('    ', 'one two three', 12)).toEqual(['    one two', '    three']);
});

test('more findings than can be read are counted', () => {
  const finding: Finding = {
    id: '0123456789',
    title: '10.0.0.1:22: the SYN was never answered',
    severity: 'high',
    server: '10.0.0.1:22',
    fate: 'no-syn-ack',
    firstSeen: '2026-11-23T23:59:59.000000Z',
    lastSeen: '2026-11-24T00:00:01.000000Z',
    sessions: 1,
    clients: 1,
    clientsAtLeast: true,
    topClients: [],
    examples: [],
  };
  const lines = findingLines(new Array<Finding>(12).fill(finding), false, { width: 80, paint: plain });
  expect(`${lines[2]} ${lines[3]?.trim()}`).toBe(
    '        1 session from at least 1 client, 2026-11-23 23:59:59 to 2026-11-24 00:00:01 UTC',
  );
  expect(lines.at(-1)).toBe('and 2 more findings: --format json has them all');
});

test('a verdict beside the name of a capture leaves room for its comma', () => {
  const overview = new Overview();
  // As wide as there is room, behind the name and without the comma.
  const width = 2 + 'b.pcap'.length + GAP + 'close-during-kex (no-common-kex)'.length;
  overview.add(reported(noCommonKex()));
  overview.add(reported(portClosed()));
  overview.captureEnded(captureRecord({ name: 'a.pcap' }));
  overview.captureEnded(captureRecord({ name: 'b.pcap' }));
  const lines = captureLines(overview, { width, paint: plain });
  expect(lines.some((line) => line.includes('close-during-kex (no-common-kex),'))).toBe(true);
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
});
