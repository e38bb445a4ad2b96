import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../src/cli/analyze.ts';
import { report } from '../../src/cli/report.ts';
import { ENDED_BY, ENDINGS, FATES, STAGES } from '../../src/fate/vocabulary.ts';
import { collectIncident } from '../../src/report/incident/collect-incident.ts';
import { renderJson } from '../../src/report/incident/render.ts';
import { jsonReporter } from '../../src/report/json.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { memoryTerminal } from '../cli/memory-terminal.ts';
import {
  captureRecord,
  completed,
  EVERYTHING,
  hostile,
  noCommonKex,
  portClosed,
  reported,
} from './fixtures.ts';
import { MemoryOutput } from './memory-output.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const read = (name: string) => JSON.parse(readFileSync(path.join(ROOT, 'schema', name), 'utf8'));
const sessionSchema = read('session-1.json');
const reportSchema = read('report-1.json');

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const isSession = ajv.compile(sessionSchema);
const isReport = ajv.compile(reportSchema);
ajv.addSchema(read('comparison-1.json'));
const isIncident = ajv.compile(read('incident-1.json'));

/** What is wrong with it; empty when nothing is. */
function errorsOf(validate: typeof isSession, value: unknown): string[] {
  validate(value);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

describe('the schema of a session', () => {
  test('takes every kind of record', () => {
    for (const record of [portClosed(), noCommonKex(), completed(), hostile(), EVERYTHING]) {
      expect(errorsOf(isSession, record)).toEqual([]);
    }
  });
  test('knows every member of the record, and no other', () => {
    const known = (schema: { properties: object }) => Object.keys(schema.properties).sort();
    const { $defs } = sessionSchema;
    expect(known(sessionSchema)).toEqual(Object.keys({ ...EVERYTHING } satisfies SessionRecord).sort());
    expect(known($defs.endpoint)).toEqual(Object.keys(EVERYTHING.server).sort());
    expect(known($defs.kex)).toEqual(Object.keys(EVERYTHING.kex).sort());
    expect(known($defs.tcp)).toEqual(Object.keys(EVERYTHING.tcp).sort());
    expect(known($defs.observed)).toEqual(Object.keys(EVERYTHING.observed).sort());
    expect(known($defs.close)).toEqual(Object.keys(EVERYTHING.observed.closes[0] ?? {}).sort());
  });
  test('has the words of the vocabulary', () => {
    const { $defs } = sessionSchema;
    expect($defs.fate.enum).toEqual([...FATES]);
    expect($defs.stage.enum).toEqual([...STAGES]);
    expect($defs.ending.enum).toEqual([...ENDINGS]);
    expect($defs.endedBy.enum).toEqual([...ENDED_BY]);
  });
  test('refuses unknown members, missing ones and wrong words', () => {
    const { fate: _, ...withoutFate } = portClosed();
    for (const wrong of [{ ...portClosed(), extra: 1 }, withoutFate, { ...portClosed(), fate: 'closed' }]) {
      expect(errorsOf(isSession, wrong)).not.toEqual([]);
    }
  });
});

describe('the schema of a report', () => {
  test('takes a report with every kind of session', () => {
    const output = new MemoryOutput();
    const reporter = jsonReporter(output);
    for (const record of [portClosed(), noCommonKex(), completed(), hostile()])
      reporter.session(reported(record));
    reporter.capture(
      captureRecord({ drops: 3, damage: { kind: 'cut-off', message: 'x', offset: 3 }, limits: { a: 1 } }),
    );
    reporter.capture(captureRecord({ format: undefined, precision: undefined }));
    reporter.end();
    expect(errorsOf(isReport, JSON.parse(output.text))).toEqual([]);
  });
  test('takes a report without anything', () => {
    const output = new MemoryOutput();
    jsonReporter(output).end();
    expect(errorsOf(isReport, JSON.parse(output.text))).toEqual([]);
  });
});

describe('the schema of an incident', () => {
  const incidentOf = (sessions: readonly SessionRecord[]) => {
    const collector = collectIncident('sshfate 1.2.3');
    for (const record of sessions) collector.session(reported(record));
    collector.capture(captureRecord());
    return JSON.parse(renderJson(collector.incident()));
  };
  test('takes one with every kind of session, and one without any', () => {
    const full = incidentOf([portClosed(), noCommonKex(), completed(), hostile()]);
    expect(errorsOf(isIncident, full)).toEqual([]);
    expect(full.findings[0].example.session).toBe(full.findings[0].examples[0].session);
    expect(errorsOf(isIncident, incidentOf([]))).toEqual([]);
  });
  test('takes the verdicts of several captures together', async () => {
    const terminal = memoryTerminal();
    const captures = ['client', 'server'].map((side) =>
      path.join(ROOT, 'captures', `close-during-kex-forged-reset-to-client.${side}.pcap`),
    );
    await report(captures, { format: 'json', compare: true }, terminal);
    const incident = JSON.parse(terminal.stdout.text);
    expect(incident.findings[0].joint.seen).toHaveLength(2);
    expect(errorsOf(isIncident, incident)).toEqual([]);
  });
  test('refuses what it does not know, also within a finding', () => {
    const full = incidentOf([portClosed()]);
    expect(errorsOf(isIncident, { ...full, extra: 1 })).not.toEqual([]);
    expect(errorsOf(isIncident, { ...full, findings: [{ ...full.findings[0], extra: 1 }] })).not.toEqual([]);
  });
});

const corpus = process.env.SSHFATE_CORPUS;
const folders = [path.join(ROOT, 'captures'), ...(corpus === undefined ? [] : [corpus])];
const note = corpus === undefined ? ' (without the shared corpus: SSHFATE_CORPUS is not set)' : '';

test(`what is printed of real captures is as the schemas say${note}`, async () => {
  const settings = { limit: 0, color: false, anyPort: true } as const;
  const ndjson = memoryTerminal();
  await analyze(folders, { ...settings, format: 'ndjson' }, ndjson);
  const lines = ndjson.stdout.text.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(80);
  for (const line of lines) expect(errorsOf(isSession, JSON.parse(line)), line).toEqual([]);
  const json = memoryTerminal();
  await analyze(folders, { ...settings, format: 'json' }, json);
  expect(errorsOf(isReport, JSON.parse(json.stdout.text))).toEqual([]);
  const incident = memoryTerminal();
  await report(folders, { format: 'json', anyPort: true }, incident);
  expect(errorsOf(isIncident, JSON.parse(incident.stdout.text))).toEqual([]);
});
