import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { judgeCaptures } from '../../src/cli/capture-run.ts';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { makeEvidence, type TicketEvidenceOptions } from '../../src/cli/ticket-evidence.ts';
import type { Finding } from '../../src/report/document.ts';
import { collectIncident } from '../../src/report/incident/collect-incident.ts';
import { captureNamed, captureNames, judged, packetsOf } from '../evidence/extracting.ts';
import { sampleFinding } from '../tickets/sample-content.ts';
import { memoryTerminal } from './memory-terminal.ts';

const GUESSING = captureNamed('close-during-auth-guessing.server');
const KEX = captureNamed('close-during-kex-no-common-kex.client');
const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-ticket-evidence-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function findingsOf(...captures: readonly string[]): Promise<readonly Finding[]> {
  const collector = collectIncident();
  await judgeCaptures(captures, {}, memoryTerminal(), async () => collector);
  return collector.incident().findings;
}

const evidenceOf = (findings: readonly Finding[], options: Partial<TicketEvidenceOptions> = {}) =>
  makeEvidence(findings, { analysis: {}, ...options });

test('holds every session that the findings name, judged the same', async () => {
  const findings = await findingsOf(GUESSING);
  const { files, notes } = await evidenceOf(findings);
  expect(notes).toEqual([]);
  const [file] = files;
  expect(file?.name).toMatch(/^ssh-evidence-close-during-auth-guessing\.server\.[0-9a-f]{12}\.pcapng$/);
  const { packets } = await packetsOf(Buffer.from(file?.bytes ?? []));
  const extracted = await judged(Buffer.from(file?.bytes ?? []));
  const source = await judged(GUESSING);
  const named = new Set(findings.flatMap(({ examples }) => examples.map(({ session }) => session)));
  expect(named.size).toBeGreaterThan(3);
  for (const session of named) {
    const original = source[session - 1];
    const same = extracted.find(
      (one) => packets[one.packets.first - 1]?.packetId === original?.packets.first,
    );
    expect([same?.fate, same?.cause?.id]).toEqual([original?.fate, original?.cause?.id]);
  }
});

test('has the same bytes each time, so that nothing is attached twice', async () => {
  const findings = await findingsOf(GUESSING, KEX);
  const [first, second] = [await evidenceOf(findings), await evidenceOf(findings)];
  expect(first.files).toHaveLength(2);
  expect(second).toEqual(first);
});

test('gives each capture a file of its own, and says of those beyond the fifth that they have none', async () => {
  const captures = captureNames
    .filter((name) => name.includes('no-common'))
    .map((name) => captureNamed(name.slice(0, -5)));
  expect(captures.length).toBeGreaterThan(6);
  const { files, notes } = await evidenceOf(await findingsOf(...captures));
  expect(new Set(files.map(({ name }) => name)).size).toBe(5);
  expect(notes).toEqual([expect.stringMatching(/^There is no evidence of \d+ more captures: /)]);
});

test('says of what can be read only once that there is no evidence of it', async () => {
  const pipe = path.join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const of = (capture: string) => sampleFinding({ examples: [{ capture, session: 1, packets: [] }] });
  const { files, notes } = await evidenceOf([of('-'), of(pipe)]);
  expect(files).toEqual([]);
  expect(notes).toEqual([
    'There is no evidence of standard input, which can be read only once: save it to a file and name that.',
    `There is no evidence of \`${pipe}\`, which can be read only once: save it to a file and name that.`,
  ]);
});

test('says of a capture that is gone by then that there is no evidence of it', async () => {
  const gone = path.join(folder, 'gone.pcap');
  const { files, notes } = await evidenceOf([
    sampleFinding({ examples: [{ capture: gone, session: 1, packets: [] }] }),
  ]);
  expect(files).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/^There is no evidence of `gone\.pcap`: .*does not exist/)]);
});

test('stays below the size that is allowed, and says what that cost', async () => {
  const findings = await findingsOf(GUESSING);
  const maxBytes = 30_000;
  const whole = await evidenceOf(findings);
  expect(whole.files[0]?.bytes.length).toBeGreaterThan(maxBytes);
  const small = await evidenceOf(findings, { maxBytes });
  expect(small.files[0]?.bytes.length).toBeLessThanOrEqual(maxBytes);
  expect(small.notes[0]).toMatch(
    /^Evidence of `close-during-auth-guessing\.server\.pcap`: To keep the file small/,
  );
  const none = await evidenceOf(findings, { maxBytes: 100 });
  expect(none.files).toEqual([]);
  expect(none.notes.at(-1)).toBe(
    'There is no evidence of `close-during-auth-guessing.server.pcap`: it does not fit. Allow more with `--max-attachment`.',
  );
});

test('cuts off what stands behind NEWKEYS when that is asked for', async () => {
  const findings = await findingsOf(GUESSING);
  const whole = await evidenceOf(findings);
  const cut = await evidenceOf(findings, { stripPayload: true });
  expect(cut.files[0]?.bytes.length).toBeLessThan(whole.files[0]?.bytes.length ?? 0);
  expect(cut.notes).toEqual([]);
});

test('ends at once when it is told to', async () => {
  const stop = new AbortController();
  stop.abort();
  const findings = await findingsOf(GUESSING);
  await expect(evidenceOf(findings, { analysis: { signal: stop.signal } })).rejects.toBe(stop.signal.reason);
});

test('is of the same ports as the findings', async () => {
  const collector = collectIncident();
  const settings = { port: [2222, 22] };
  const code = await judgeCaptures([KEX], settings, memoryTerminal(), async () => collector);
  expect(code).toBe(EXIT_CODES.done.code);
  const { findings } = collector.incident();
  // No session is on another port: with the wrong ones nothing would be found.
  const other = await evidenceOf(findings, { analysis: { ports: [2222] } });
  expect(other.files).toEqual([]);
  expect((await evidenceOf(findings, { analysis: { ports: settings.port } })).files).toHaveLength(1);
});
