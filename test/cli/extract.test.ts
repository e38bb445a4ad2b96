import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type ExtractSettings, extract } from '../../src/cli/extract.ts';
import { run } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { captureNamed, judged, packetsOf } from '../evidence/extracting.ts';
import { memoryTerminal } from './memory-terminal.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-extract-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CHECKS = captureNamed('fin-before-banner-health-check.client');
const ONE = captureNamed('completed.client');
const OUTPUT = path.join(folder, 'evidence.pcapng');

async function extracting(
  input: string,
  settings: Partial<ExtractSettings>,
  terminal: Partial<Terminal> = {},
) {
  const memory = memoryTerminal(terminal);
  rmSync(OUTPUT, { force: true });
  const code = await extract(input, { output: OUTPUT, ...settings }, memory);
  return { code, said: memory.said, out: memory.stdout, progress: memory.stderr.text };
}

test('writes the evidence and says what is in it', async () => {
  const { code, said } = await extracting(CHECKS, { session: [2] });
  expect(code).toBe(0);
  expect(said).toEqual([
    expect.stringMatching(
      /evidence\.pcapng' has \d+ packets of \d+, [\d,]+ bytes; session 2: [a-z-]+ \(.*\)\.$/,
    ),
  ]);
  const records = await judged(readFileSync(OUTPUT));
  const [, original] = await judged(CHECKS);
  const { packets } = await packetsOf(readFileSync(OUTPUT));
  const again = records.find((one) => packets[one.packets.first - 1]?.packetId === original?.packets.first);
  expect([again?.fate, again?.cause?.id]).toEqual([original?.fate, original?.cause?.id]);
});

test('is quiet when told so, and shows its progress on a terminal', async () => {
  expect((await extracting(CHECKS, { session: [1], quiet: true })).said).toEqual([]);
  const { progress } = await extracting(CHECKS, { session: [1] }, { stderrIsTerminal: true });
  expect(progress).toContain('packets');
});

describe('the command line', () => {
  test('takes several sessions, in one option or in several', async () => {
    for (const words of [
      ['--session', '1,3'],
      ['-s', '1', '-s', '3'],
    ]) {
      const memory = memoryTerminal();
      rmSync(OUTPUT, { force: true });
      expect(await run(['extract', CHECKS, ...words, '-o', OUTPUT], memory)).toBe(0);
      expect(memory.said.join()).toMatch(/session 1: .*, session 3: /);
    }
  });

  test('takes the id of a finding from the JSON of analyze', async () => {
    const json = memoryTerminal();
    await run(['analyze', CHECKS, '-f', 'json'], json);
    const [finding] = JSON.parse(json.stdout.text).findings;
    const memory = memoryTerminal();
    expect(await run(['extract', CHECKS, '--finding', finding.id, '-o', OUTPUT], memory)).toBe(0);
    expect(memory.said.join()).toContain('session ');
  });

  test.each([
    [[CHECKS, '-o', OUTPUT], /Nothing is chosen. Give --session/],
    [[CHECKS, '-s', '1', '--finding', '0123456789', '-o', OUTPUT], /cannot be taken together/],
    [[CHECKS, '-s', '99', '-o', OUTPUT], /There is no session 99: the capture's sessions are 1 to 4/],
    [[ONE, '-s', '2', '-o', OUTPUT], /There is no session 2: the capture's only session is 1/],
    [[CHECKS, '--finding', '0123456789', '-o', OUTPUT], /There is no finding '0123456789'/],
    [[CHECKS, '-s', '1'], /--output/],
    [[CHECKS, '-s', '1', '-o', OUTPUT, '--key-file', 'x'], /--key-file goes with --anonymize/],
    [[CHECKS, '-s', '1', '-o', OUTPUT, '--max-size', '100'], /too few for the verdict/],
    [[CHECKS, '-s', '1', '-o', path.join(folder, 'no', 'where')], /its folder does not exist/],
  ])('refuses %j', async (words, said) => {
    const memory = memoryTerminal();
    rmSync(OUTPUT, { force: true });
    expect(await run(['extract', ...words], memory)).toBe(2);
    expect(memory.said.join()).toMatch(said);
    expect(existsSync(OUTPUT)).toBe(false);
  });
});

test('does not write over the capture, by whatever name', async () => {
  const copy = path.join(folder, 'copy.pcap');
  copyFileSync(CHECKS, copy);
  await expect(
    extracting(copy, { session: [1], output: `${folder}/../${path.basename(folder)}/copy.pcap` }),
  ).rejects.toThrow(/is the capture/);
  expect(readFileSync(copy).equals(readFileSync(CHECKS))).toBe(true);
});

test('a capture that is not there is code 3', async () => {
  const { code, said } = await extracting(path.join(folder, 'nothing.pcap'), { session: [1] });
  expect(code).toBe(3);
  expect(said.join()).toMatch(/does not exist/);
});

test('a folder is no capture, and of what was copied the name is that which was given', async () => {
  expect(await extracting(folder, { session: [1] })).toMatchObject({
    code: 3,
    said: [`'${folder}' is a folder, not a capture. Name a capture file in it.`],
  });
  const { said } = await extracting('/dev/null', { session: [1] });
  expect(said.join()).toMatch(/^'\/dev\/null' is empty\./);
});

test('standard output gets the bytes, and a terminal is spared them', async () => {
  await expect(extracting(CHECKS, { session: [1], output: '-' }, { stdoutIsTerminal: true })).rejects.toThrow(
    /nothing for a terminal/,
  );
  const { out, said } = await extracting(CHECKS, { session: [1], output: '-' });
  expect(said).toEqual([]);
  expect(out.text.startsWith('\n\r\r\n')).toBe(true);
});

test('anonymised with a key file, two extracts tell the same addresses, and none of them is real', async () => {
  const keyFile = path.join(folder, 'key');
  const addresses: string[][] = [];
  for (let run = 0; run < 2; run++) {
    const { code } = await extracting(CHECKS, { session: [1], anonymize: true, stripPayload: true, keyFile });
    expect(code).toBe(0);
    addresses.push((await judged(readFileSync(OUTPUT))).map(({ client }) => client.address));
  }
  expect(addresses[0]).toEqual(addresses[1]);
  const [original] = await judged(CHECKS);
  expect(addresses[0]).not.toContain(original?.client.address);
});
