import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/cli/program.ts';
import { verdictLines } from '../../src/cli/upload-verdict.ts';
import { plain } from '../../src/report/paint.ts';
import { memoryTerminal } from './memory-terminal.ts';

const CAPTURE = path.join(import.meta.dirname, '../../captures/close-during-kex-no-common-mac.client.pcap');
const TEXT = { width: 80, paint: plain };

async function printed(...words: string[]): Promise<string> {
  const terminal = memoryTerminal();
  expect(await run(words, terminal)).toBe(0);
  return terminal.stdout.text;
}

const incidentOf = async (capture: string): Promise<Record<string, never>> =>
  JSON.parse(await printed('report', capture, '--format', 'json'));

describe('verdictLines', () => {
  test('says of an incident what the table says of its capture', async () => {
    const table = await printed('analyze', CAPTURE, '--no-color');
    const lines = verdictLines(await incidentOf(CAPTURE), TEXT);
    expect(lines).toContain('FINDINGS');
    expect(table.startsWith(`${lines.join('\n')}\n\nSESSIONS`)).toBe(true);
  });
  test('shows what a service sends, and does not obey it', async () => {
    const incident = await incidentOf(CAPTURE);
    const evil = '\x1b]0;evil\x07\u202e';
    const poisoned = JSON.parse(JSON.stringify(incident), (key, value: unknown) =>
      typeof value === 'string' &&
      !['severity', 'schema', 'start', 'end', 'firstSeen', 'lastSeen'].includes(key)
        ? evil + value
        : value,
    );
    poisoned.summary.fates = { ...poisoned.summary.fates, [evil]: 3 };
    const text = verdictLines(poisoned, TEXT).join('\n');
    expect(text).toContain('\\x1b]0;evil\\x07\\u202e');
    expect(text).not.toMatch(/[^\P{C}\n]/u);
  });
  test('throws for what is no incident', () => {
    for (const told of [undefined, null, 7, {}, { captures: [{}] }, { captures: [], summary: {} }]) {
      expect(() => verdictLines(told, TEXT)).toThrow(TypeError);
    }
  });
});
