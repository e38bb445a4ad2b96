import { expect, test } from 'vitest';
import { csvReporter } from '../../src/report/csv.ts';
import { hostile, noCommonKex, portClosed, reported } from './fixtures.ts';
import { MemoryOutput } from './memory-output.ts';

function linesOf(...records: Parameters<typeof reported>[0][]): string[] {
  const output = new MemoryOutput();
  const reporter = csvReporter(output);
  for (const record of records) reporter.session(reported(record));
  reporter.end();
  return output.text.trimEnd().split('\n');
}

test('prints column names and one line a session', () => {
  const [names, first, second] = linesOf(portClosed(), noCommonKex());
  expect(names).toMatch(/^capture,session,start,end,duration_ms,client_address,/);
  expect(first).toMatch(
    /^closed\.pcap,1,2026-11-23T11:26:46\.000000Z,2026-11-23T11:26:46\.000310Z,0\.31,10\.77\.1\.2,43974,10\.77\.2\.2,22,rst-after-syn,syn,rst,server,observed,,port-closed,certain,/,
  );
  expect(second).toContain(',close-during-kex,kex,fin,both,');
});

test('holds no control character, bidi mark or formula, whatever came off the wire', () => {
  const [, line = ''] = linesOf(hostile());
  expect(line).toMatch(/^[ -~]*$/);
  expect(line).toContain(`"'=x\\x1b[31m.pcap"`);
  expect(line).toContain(`"'=cmd()|\\x1b[2J"`);
  expect(line).toContain('SSH-2.0-\\x1b]0;owned\\x07\\x1b[31m\\x9b2J');
  expect(line).toContain('\\u200f\\u202e<script>alert(1)</script>|=cmd()');
  for (const field of line.split(',')) expect(field).not.toMatch(/^"?[=+@-]/);
});
