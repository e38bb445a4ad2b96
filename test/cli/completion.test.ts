import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMPLETION_SCRIPTS } from '../../src/cli/completion.ts';
import { createProgram } from '../../src/cli/program.ts';
import { memoryTerminal } from './memory-terminal.ts';

type Shell = keyof typeof COMPLETION_SCRIPTS;

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

function scriptOf(shell: Shell): string {
  const file = path.join(folder, `completion.${shell}`);
  writeFileSync(file, COMPLETION_SCRIPTS[shell](createProgram(memoryTerminal(), () => {})));
  return file;
}

const installed = (shell: Shell): boolean => spawnSync(shell, ['-c', 'true']).status === 0;
const titled = (shell: Shell): string =>
  installed(shell) ? shell : `${shell}, skipped: ${shell} is not installed`;

beforeAll(() => {
  writeFileSync(path.join(folder, 'dump.pcap'), '');
});

describe.skipIf(!installed('bash'))(`the completion for ${titled('bash')}`, () => {
  const script = scriptOf('bash');
  const complete = (...words: string[]): string[] => {
    const line = words.map((word) => `'${word}'`).join(' ');
    const program = `source '${script}'; COMP_WORDS=(sshfate ${line}); COMP_CWORD=${words.length}; _sshfate; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const reply = execFileSync('bash', ['--norc', '-c', program], { cwd: folder, encoding: 'utf8' });
    return reply.trimEnd().split('\n');
  };
  test('completes commands', () => {
    expect(complete('a')).toEqual(['analyze']);
    expect(complete('')).toEqual(expect.arrayContaining(['analyze', 'explain', 'completion', '--help']));
  });
  test('completes options, their words, and lists of words', () => {
    expect(complete('analyze', '--fa')).toEqual(['--fate', '--fail-on']);
    expect(complete('analyze', '--format', 'n')).toEqual(['ndjson']);
    expect(complete('analyze', '-f', 'c')).toEqual(['csv']);
    expect(complete('analyze', '--fate', 'open,close-during-k')).toEqual(['open,close-during-kex']);
  });
  test('completes captures and words to explain', () => {
    expect(complete('analyze', 'du')).toEqual(['dump.pcap']);
    expect(complete('explain', 'close-during-')).toEqual(['close-during-kex', 'close-during-auth']);
    expect(complete('completion', 'z')).toEqual(['zsh']);
  });
  test('completes interfaces, and commands within a command', () => {
    expect(complete('live', 'l')).toContain('lo');
    expect(complete('live', 'an')).toEqual(['any']);
    expect(complete('token', 'c')).toEqual(['create']);
    expect(complete('token', 'create', '--r')).toEqual(['--role']);
    expect(complete('token', 'create', '--role', 'u')).toEqual(['upload']);
  });
  test('offers nothing where nothing is known', () => {
    expect(complete('analyze', '--client', '')).toEqual(['']);
  });
});

describe.skipIf(!installed('zsh'))(`the completion for ${titled('zsh')}`, () => {
  const script = scriptOf('zsh');
  test('is valid and registers itself', () => {
    const program = `autoload -Uz compinit; compinit -D -u; source '${script}'; print -r -- $_comps[sshfate]; print -r -- \${(k)functions[(I)_sshfate_*]}`;
    const reply = execFileSync('zsh', ['-f', '-c', program], { encoding: 'utf8' });
    expect(reply).toMatch(/^_sshfate\n/);
    expect(reply).toContain('_sshfate_analyze');
  });
  test('gives _arguments every option with its words', () => {
    // Stands in for zsh's own functions, which only work inside an editing line.
    const program = `compdef() { }; source '${script}'; _arguments() { print -rl -- "$@" }; _sshfate_analyze`;
    const reply = execFileSync('zsh', ['-f', '-c', program], { encoding: 'utf8' });
    expect(reply).toContain(
      '(-p --port)--port[ports on which every connection is one (default\\: 22)]:port: ',
    );
    expect(reply).toContain('[table, ndjson, json, csv]:format:(table ndjson json csv)');
    expect(reply).toContain(':fate:_sequence compadd - no-syn-ack ');
    expect(reply).toContain('*:analyze:_files');
  });
});

describe.skipIf(!installed('fish'))(`the completion for ${titled('fish')}`, () => {
  const script = scriptOf('fish');
  const complete = (line: string): string[] => {
    const program = `source '${script}'; complete -C '${line}'`;
    const reply = execFileSync('fish', ['--no-config', '-c', program], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, HOME: folder },
    });
    return reply
      .trimEnd()
      .split('\n')
      .map((each) => each.split('\t')[0] ?? '');
  };
  test('completes commands, options, words and captures', () => {
    expect(complete('sshfate an')).toEqual(['analyze']);
    expect(complete('sshfate analyze --fa').sort()).toEqual(['--fail-on', '--fate']);
    expect(complete('sshfate analyze --format n')).toEqual(['ndjson']);
    expect(complete('sshfate analyze --fate open,close-during-k')).toEqual(['open,close-during-kex']);
    expect(complete('sshfate analyze du')).toEqual(['dump.pcap']);
    expect(complete('sshfate explain close-during-k')).toEqual(['close-during-kex']);
    expect(complete('sshfate live l')).toContain('lo');
    expect(complete('sshfate token cr')).toEqual(['create']);
  });
});
