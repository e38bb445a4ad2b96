import { expect, test } from 'vitest';
import { wantsColour } from '../../src/cli/terminal.ts';

const colour = (
  environment: NodeJS.ProcessEnv,
  { stdoutIsTerminal = true, asked = true, toFile = false } = {},
): boolean => wantsColour({ stdoutIsTerminal, environment }, asked, toFile);

test('a terminal gets colours, a pipe and a file do not', () => {
  expect(colour({ TERM: 'xterm' })).toBe(true);
  expect(colour({}, { stdoutIsTerminal: false })).toBe(false);
  expect(colour({}, { toFile: true })).toBe(false);
  expect(colour({ TERM: 'dumb' })).toBe(false);
});

test('NO_COLOR takes them away, FORCE_COLOR gives them, --no-color has the last word', () => {
  expect(colour({ NO_COLOR: '1' })).toBe(false);
  expect(colour({ NO_COLOR: '' })).toBe(true);
  expect(colour({ FORCE_COLOR: '1' }, { stdoutIsTerminal: false })).toBe(true);
  expect(colour({ FORCE_COLOR: '0' })).toBe(false);
  expect(colour({ FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true);
  expect(colour({ FORCE_COLOR: '1' }, { asked: false })).toBe(false);
});
