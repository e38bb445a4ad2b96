import { expect, test } from 'vitest';
import type { Report } from '../../src/report/document.ts';
import { jsonReporter } from '../../src/report/json.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { captureRecord, completed, hostile, noCommonKex, portClosed, reported } from './fixtures.ts';
import { MemoryOutput } from './memory-output.ts';

function reportOf(records: readonly SessionRecord[]): { text: string; report: Report } {
  const output = new MemoryOutput();
  const reporter = jsonReporter(output);
  for (const record of records) reporter.session(reported(record));
  reporter.capture(captureRecord());
  reporter.end();
  return { text: output.text, report: JSON.parse(output.text) };
}

test('prints one document with captures, summary, findings and sessions', () => {
  const records = [portClosed(), noCommonKex(), completed()];
  const { report } = reportOf(records);
  expect(report.schema).toBe('sshfate/report@1');
  expect(report.sessions).toEqual(records);
  expect(report.captures).toEqual([JSON.parse(JSON.stringify(captureRecord()))]);
  expect(report.summary).toEqual({
    sessions: 3,
    fates: { 'rst-after-syn': 1, 'close-during-kex': 1, completed: 1 },
    causes: { 'port-closed': 1, 'no-common-kex': 1 },
  });
  expect(report.findings.map((finding) => finding.fate).sort()).toEqual([
    'close-during-kex',
    'rst-after-syn',
  ]);
});

test('prints a document without sessions, too', () => {
  expect(reportOf([]).report).toMatchObject({ sessions: [], findings: [], summary: { sessions: 0 } });
});

test('prints nothing that a terminal would obey, and the raw texts come back', () => {
  const { text, report } = reportOf([hostile()]);
  expect(text).toMatch(/^[\n -~]*$/);
  expect(report.sessions).toEqual([hostile()]);
  expect(report.findings[0]?.cause).toEqual(hostile().cause);
});
