import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { createProgram, run } from '../../src/cli/program.ts';
import { version } from '../../src/cli/version.ts';
import { memoryTerminal } from './memory-terminal.ts';

const CAPTURE = path.join(import.meta.dirname, '../../captures/completed.client.pcap');

async function ran(...words: string[]) {
  const terminal = memoryTerminal();
  const code = await run(words, terminal);
  return { code, text: terminal.stdout.text, said: terminal.said };
}

describe('the command line', () => {
  test('prints help with examples and every exit code', async () => {
    for (const words of [['--help'], ['analyze', '--help'], ['help', 'analyze'], []]) {
      const { code, text, said } = await ran(...words);
      expect(code).toBe(0);
      expect(said).toEqual([]);
      expect(text).toContain('Examples:\n  sshfate analyze');
      for (const { code: each, meaning } of Object.values(EXIT_CODES)) {
        expect(text).toContain(`${String(each).padStart(5)}  ${meaning}\n`);
      }
    }
  });
  test('keeps the help within 80 columns, examples too', async () => {
    const commands = createProgram(memoryTerminal(), () => {}).commands.map((command) => command.name());
    for (const words of [[], ...commands.map((name) => [name])]) {
      const help = (await ran(...words, '--help')).text;
      for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      expect(help).not.toMatch(/\(default:[^)]*\)\s*\(default:/);
    }
  });
  test('keeps it within a narrow terminal, too', async () => {
    const terminal = memoryTerminal({ columns: 60 });
    expect(await run(['analyze', '--help'], terminal)).toBe(0);
    const [help = ''] = terminal.stdout.text.split('\nExamples:');
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
  });
  test('prints its version', async () => {
    expect(await ran('--version')).toEqual({ code: 0, text: `${version()}\n`, said: [] });
    expect(version()).toMatch(/^\d+\.\d+\.\d+/);
  });
  test('runs a command with its options', async () => {
    const { code, text } = await ran('analyze', CAPTURE, '--format', 'csv', '--server', '198.51.100.20:22');
    expect(code).toBe(0);
    expect(text).toMatch(/^capture,session,.*\n.*completed\.client\.pcap,1,.*,completed,/);
  });
  test('refuses wrong usage with one line that says what would be right', async () => {
    const wrong: readonly (readonly [readonly string[], string])[] = [
      [['analyse'], "Unknown command 'analyse'. Did you mean analyze? 'sshfate --help' shows how."],
      [['help', 'analyse'], "Unknown command 'analyse'. Did you mean analyze? 'sshfate --help' shows how."],
      [['analyze'], "Missing required argument 'capture'. 'sshfate analyze --help' shows how."],
      [
        ['token'],
        "'sshfate token' needs one of its commands: create, list, revoke. 'sshfate token --help' shows how.",
      ],
      [['token', 'create'], "Missing required argument 'name'. 'sshfate token create --help' shows how."],
      [
        ['token', 'create', 'a', '--rol', 'read'],
        "Unknown option '--rol'. Did you mean --role? 'sshfate token create --help' shows how.",
      ],
      [
        ['analyze', '--formt', 'json', CAPTURE],
        "Unknown option '--formt'. Did you mean --format? 'sshfate analyze --help' shows how.",
      ],
      [['analyze', CAPTURE, '--format', 'jsn'], "--format: 'jsn' is no format. Did you mean json?"],
      [['analyze', CAPTURE, '--fate', 'complete'], "--fate: 'complete' is no fate. Did you mean completed?"],
      [
        ['analyze', CAPTURE, '--port', '0'],
        "--port: '0' is no port. Give numbers from 1 to 65535, as in 22,2222.",
      ],
      [
        ['explain', 'comple'],
        "'comple' is no fate, cause, pattern, stage or ending. Did you mean completed? 'sshfate explain' lists all words.",
      ],
      [
        ['live', 'lo', '--write-only-failed'],
        '--write-only-failed goes with --write, and the folder for the packets.',
      ],
      [['completion', 'tcsh'], "'tcsh' is no shell. Known are bash, zsh, fish."],
    ];
    for (const [words, message] of wrong) {
      expect(await ran(...words)).toEqual({ code: 2, text: '', said: [message] });
    }
  });
});
