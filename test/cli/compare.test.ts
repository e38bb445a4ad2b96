import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type CompareSettings, compare } from '../../src/cli/compare.ts';
import { UsageError } from '../../src/cli/errors.ts';
import { parsePlaces } from '../../src/cli/option-values.ts';
import type { Comparison } from '../../src/compare/comparison.ts';
import { memoryTerminal } from './memory-terminal.ts';

const capture = (name: string): string => path.join(import.meta.dirname, '../../captures', name);
const FORGED = ['client', 'server'].map((side) => capture(`close-during-kex-forged-reset.${side}.pcap`));
const COMPLETED = ['client', 'server'].map((side) => capture(`completed.${side}.pcap`));

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-compare-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function compared(paths: readonly string[], settings: Partial<CompareSettings> = {}) {
  const terminal = memoryTerminal();
  const code = await compare(paths, { limit: 20, ...settings }, terminal);
  return { code, text: terminal.stdout.text, said: terminal.said };
}

describe('compare', () => {
  test('prints a table that says where it broke', async () => {
    const { code, text, said } = await compared(FORGED);
    expect({ code, said }).toEqual({ code: 0, said: [] });
    expect(text).toMatch(/^1 SESSION, 1 IN MORE THAN ONE CAPTURE: 1 BROKEN ON THE PATH\n/);
    expect(text).toMatch(/was never sent by the\s+server/);
    expect(text).toMatch(/rst-injected \(certain: the packets say so\)/);
  });

  test('draws the session that was asked for', async () => {
    const { text } = await compared(COMPLETED, { session: 1 });
    expect(text).toMatch(/identification string/);
    expect(text).toMatch(/completed\.c\S*.* side +completed\.s\S*.* side/);
  });

  test.each([
    ['where.html', /^<!doctype html>/],
    ['where.md', /^# /],
    ['where.json', /^\{\n {2}"schema": "sshfate\/comparison@1"/],
    ['where.ndjson', /^\{"schema":"sshfate\/comparison@1","captures"/],
    ['where.txt', /^1 SESSION/],
  ] as const)('writes to %s what its name asks for', async (name, start) => {
    const output = path.join(folder, name);
    const { code, text } = await compared(FORGED, { output });
    expect({ code, text }).toEqual({ code: 0, text: '' });
    expect(readFileSync(output, 'utf8')).toMatch(start);
  });

  test('says what a file holds whose name asks for what there is not', async () => {
    const output = path.join(folder, 'where.pdf');
    expect((await compared(FORGED, { output })).said).toEqual([
      `'${output}' is written as table: '.pdf' names no format. Choose another with --format.`,
    ]);
  });

  test('prints as lines what it prints as a document', async () => {
    const document = JSON.parse((await compared(COMPLETED, { format: 'json' })).text) as Comparison;
    const [first, ...rest] = (await compared(COMPLETED, { format: 'ndjson' })).text.trimEnd().split('\n');
    const { sessions, ...about } = document;
    expect(JSON.parse(first ?? '')).toEqual(about);
    expect(rest.map((line) => JSON.parse(line))).toEqual(sessions);
  });

  test('ends with 1 when --fail-on names the place', async () => {
    expect((await compared(FORGED, { failOn: parsePlaces('server,path') })).code).toBe(1);
    expect((await compared(FORGED, { failOn: parsePlaces('client') })).code).toBe(0);
    expect(() => parsePlaces('nowhere')).toThrow(UsageError);
  });

  test('wants two captures', async () => {
    await expect(compared([FORGED[0] as string])).rejects.toThrow(
      /^A comparison needs two captures or more, and there is one\. Give those of both ends/,
    );
  });

  test('ends with 3 when an input cannot be read, and compares the others', async () => {
    const absent = path.join(folder, 'absent.pcap');
    const { code, text, said } = await compared([...FORGED, absent]);
    expect({ code, said: said.length }).toEqual({ code: 3, said: 1 });
    expect(text).toMatch(/BROKEN ON THE PATH/);
    const alone = await compared([FORGED[0] as string, absent]);
    expect(alone.code).toBe(3);
    expect(alone.text).toBe('');
  });

  test('compares what comes before a cut', async () => {
    const cut = path.join(folder, 'cut.pcap');
    const whole = readFileSync(COMPLETED[1] as string);
    writeFileSync(cut, whole.subarray(0, whole.length - 9));
    const { code, said, text } = await compared([COMPLETED[0] as string, cut]);
    expect(code).toBe(0);
    expect(said).toEqual([expect.stringMatching(/What came before is compared\.$/)]);
    expect(text).toMatch(/1 IN MORE THAN ONE CAPTURE/);
  });

  test('refuses to write over a capture, and a session that is not there', async () => {
    await expect(compared(FORGED, { output: FORGED[0] as string })).rejects.toThrow(/is one of the captures/);
    await expect(compared(FORGED, { session: 2 })).rejects.toThrow(
      'There is no session 2: there is only session 1.',
    );
  });

  test('says of captures that have nothing in common what to check', async () => {
    const { text, code } = await compared([COMPLETED[0] as string, FORGED[1] as string]);
    expect(code).toBe(0);
    expect(text).toMatch(/NONE OF 2 SESSIONS IS IN MORE THAN ONE CAPTURE/);
    expect(text.replace(/\s+/g, ' ')).toMatch(/Check that they were taken at the same time/);
  });
});
