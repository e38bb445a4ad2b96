import { expect, test } from 'vitest';
import { completionWords } from '../../src/cli/completion-words.ts';
import { reportCommand } from '../../src/cli/report-command.ts';
import { memoryTerminal } from './memory-terminal.ts';

const command = reportCommand(memoryTerminal(), () => {});

test('every option is described, and those with a fixed vocabulary are completed', () => {
  for (const option of command.options) expect(option.description).not.toBe('');
  const completed = command.options.filter((option) => completionWords(option)).map(({ long }) => long);
  expect(completed).toEqual(['--fate', '--cause', '--format', '--output', '--fail-on']);
});

test('no two options share a letter', () => {
  const letters = command.options.map(({ short }) => short).filter((short) => short !== undefined);
  expect(new Set(letters).size).toBe(letters.length);
});

test('options become settings', () => {
  command.parseOptions('-p 22,2222 --silence 500ms --fate open -s 3 -f html -o out -q'.split(' '));
  expect(command.opts()).toEqual({
    port: [22, 2222],
    silence: 500,
    fate: new Set(['open']),
    session: 3,
    format: 'html',
    output: 'out',
    quiet: true,
  });
});
