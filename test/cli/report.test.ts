import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseFailOn, parseFates } from '../../src/cli/option-values.ts';
import { type ReportSettings, report } from '../../src/cli/report.ts';
import type { Incident } from '../../src/report/incident/incident.ts';
import { memoryTerminal } from './memory-terminal.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const NO_COMMON_KEX = path.join(CAPTURES, 'close-during-kex-no-common-kex.client.pcap');
const COMPLETED = path.join(CAPTURES, 'completed.client.pcap');

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function reported(paths: readonly string[], settings: ReportSettings = {}) {
  const terminal = memoryTerminal();
  const code = await report(paths, settings, terminal);
  return { code, text: terminal.stdout.text, said: terminal.said };
}

describe('report', () => {
  test('prints Markdown unless asked for something else', async () => {
    const { code, text, said } = await reported([NO_COMMON_KEX, COMPLETED]);
    expect(code).toBe(0);
    expect(said).toEqual([]);
    expect(text).toMatch(
      /^# 1 of \d+ sessions failed\n\n\*\*high\*\* 198\.51\.100\.20:22: closed during the key exchange/,
    );
    expect((await reported([COMPLETED], { format: 'text' })).text).toMatch(
      /^(?:THE SESSION|NONE OF \d+ SESSIONS) /,
    );
  });
  test.each([
    ['incident.html', /^<!doctype html>/],
    ['incident.md', /^# /],
    ['incident.txt', /^THE SESSION FAILED\n/],
    ['incident.json', /^\{\n {2}"schema": "sshfate\/incident@1"/],
    ['incident', /^# /],
  ] as const)('writes to %s what its name asks for', async (name, start) => {
    const output = path.join(folder, name);
    const { code, text } = await reported([NO_COMMON_KEX], { output });
    expect({ code, text }).toEqual({ code: 0, text: '' });
    expect(readFileSync(output, 'utf8')).toMatch(start);
  });
  test('says what a file holds whose name asks for what there is not', async () => {
    const output = path.join(folder, 'incident.pdf');
    expect((await reported([NO_COMMON_KEX], { output })).said).toEqual([
      `'${output}' is written as markdown: '.pdf' names no format. Choose another with --format.`,
    ]);
    expect((await reported([NO_COMMON_KEX], { output, format: 'html' })).said).toEqual([]);
  });
  test('reports only the sessions that the filters let through', async () => {
    const { text } = await reported([NO_COMMON_KEX, COMPLETED], {
      fate: parseFates('completed'),
      format: 'json',
    });
    const incident = JSON.parse(text) as Incident;
    expect(Object.keys(incident.summary.fates)).toEqual(['completed']);
    expect(incident.captures).toHaveLength(2);
  });
  test('ends with 1 when --fail-on matches, and with 3 when an input could not be read', async () => {
    expect((await reported([NO_COMMON_KEX], { failOn: parseFailOn('any-failure') })).code).toBe(1);
    const { code, text, said } = await reported([path.join(folder, 'absent.pcap'), COMPLETED]);
    expect(code).toBe(3);
    expect(said).toHaveLength(1);
    expect(text).toContain('completed.client.pcap');
  });
  test('claims nothing of what could not be read at all', async () => {
    const { code, text } = await reported([path.join(folder, 'absent.pcap')]);
    expect({ code, text }).toEqual({ code: 3, text: '' });
  });
  test('does not write over a capture', async () => {
    const capture = path.join(folder, 'capture.md');
    writeFileSync(capture, readFileSync(COMPLETED));
    await expect(reported([capture], { output: capture })).rejects.toThrow('is one of the captures');
    expect(readFileSync(capture)).toEqual(readFileSync(COMPLETED));
  });
});
