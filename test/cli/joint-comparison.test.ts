import { expect, test } from 'vitest';
import { jointComparison } from '../../src/cli/joint-comparison.ts';
import { run } from '../../src/cli/program.ts';
import { captureNamed } from '../evidence/extracting.ts';
import { memoryTerminal } from './memory-terminal.ts';

const CLIENT = captureNamed('close-during-kex-forged-reset-to-client.client');
const SERVER = captureNamed('close-during-kex-forged-reset-to-client.server');

test('compares the captures of a report', async () => {
  const compared = await jointComparison([CLIENT, SERVER], {}, memoryTerminal());
  expect(compared?.comparison.summary).toMatchObject({ sessions: 1, matched: 1, places: { path: 1 } });
});

test.each([
  [[CLIENT], /^--compare needs two captures or more/],
  [[CLIENT, '-'], /standard input can be read only once/],
])('refuses %j', async (paths, why) => {
  await expect(jointComparison(paths, {}, memoryTerminal())).rejects.toThrow(why);
});

test('leaves it to the report to say what cannot be read', async () => {
  const terminal = memoryTerminal();
  const code = await run(['report', CLIENT, SERVER, '/nowhere.pcap', '--compare', '-f', 'text'], terminal);
  expect(code).toBe(3);
  expect(terminal.said).toEqual([expect.stringContaining("'/nowhere.pcap' does not exist")]);
  expect(terminal.stdout.text).toContain('By all captures together');
});

test('says on a ticket what both ends tell together, and attaches the comparison', async () => {
  const terminal = memoryTerminal();
  const to = ['--to', 'rt', '--url', 'https://rt.example', '--ticket', '1', '--dry-run'];
  expect(await run(['ticket', CLIENT, SERVER, '--compare', ...to], terminal)).toBe(0);
  const text = terminal.stdout.text.replace(/\s+/g, ' ');
  expect(text).toMatch(
    /By all captures together \(the path, rst-injected, certain\): The RST that the client/,
  );
  // Without the folder that the captures share.
  expect(text).toContain('- close-during-kex-forged-reset-to-client.client.pcap, packet 12,');
  const files = [...text.matchAll(/file '(ssh-[a-z]+)/g)].map(([, name]) => name);
  expect(files).toEqual(['ssh-report', 'ssh-comparison', 'ssh-evidence', 'ssh-evidence']);
});
