import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ndjsonReporter } from '../../src/report/ndjson.ts';
import { completed, hostile, noCommonKex, portClosed, reported } from './fixtures.ts';
import { MemoryOutput } from './memory-output.ts';

test('prints one record a line', () => {
  const output = new MemoryOutput();
  const reporter = ndjsonReporter(output);
  const records = [portClosed(), noCommonKex(), completed(), hostile()];
  for (const record of records) reporter.session(reported(record));
  reporter.end();
  const lines = output.text.split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line))).toEqual(records);
});

test('prints nothing that a terminal would obey', () => {
  const output = new MemoryOutput();
  const reporter = ndjsonReporter(output);
  reporter.session(reported(hostile()));
  reporter.end();
  expect(output.text).toMatch(/^[\n -~]*$/);
});

test('gives records on as soon as the input has nothing more at hand', async () => {
  const output = new MemoryOutput();
  const reporter = ndjsonReporter(output);
  reporter.session(reported(portClosed()));
  expect(output.text).toBe('');
  await setImmediate();
  expect(JSON.parse(output.text)).toEqual(portClosed());
});

test('writes large blocks when records come fast', () => {
  const output = new MemoryOutput();
  const reporter = ndjsonReporter(output);
  for (let i = 0; i < 1000; i++) reporter.session(reported(noCommonKex()));
  reporter.end();
  expect(output.text.length / output.writes).toBeGreaterThan(32_000);
});
