import { expect, test } from 'vitest';
import { compareCommand } from '../../src/cli/compare-command.ts';
import { completionWords } from '../../src/cli/completion-words.ts';
import { memoryTerminal } from './memory-terminal.ts';

const command = compareCommand(memoryTerminal(), () => {});

test('every option is described, and those with a fixed vocabulary are completed', () => {
  for (const option of command.options) expect(option.description).not.toBe('');
  const completed = command.options.filter((option) => completionWords(option)).map(({ long }) => long);
  expect(completed).toEqual(['--format', '--output', '--fail-on']);
});

test('no two options share a letter', () => {
  const letters = command.options.map(({ short }) => short).filter((short) => short !== undefined);
  expect(new Set(letters).size).toBe(letters.length);
});

test('options become settings', () => {
  command.parseOptions(
    '-p 22,2222 --any-port --silence 500ms -s 3 -f html -o out -n 5 -q --fail-on path'.split(' '),
  );
  expect(command.opts()).toEqual({
    port: [22, 2222],
    anyPort: true,
    silence: 500,
    session: 3,
    format: 'html',
    output: 'out',
    limit: 5,
    quiet: true,
    failOn: new Set(['path']),
  });
});
