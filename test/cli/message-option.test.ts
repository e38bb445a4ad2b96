import { expect, test } from 'vitest';
import { parseRelease, readMessage } from '../../src/cli/message-option.ts';
import { memoryTerminal } from './memory-terminal.ts';

test('a release is given as ssh -V says it', () => {
  expect(parseRelease('9.2')).toBe('9.2');
  expect(parseRelease('9.2p1')).toBe('9.2');
  expect(parseRelease('OpenSSH_9.2p1')).toBe('9.2');
  expect(parseRelease('OpenSSH_for_Windows_9.5p2')).toBe('9.5');
  expect(() => parseRelease('nine')).toThrow("'nine' is no OpenSSH release.");
});

test('a terminal is told how to end the text', () => {
  const terminal = memoryTerminal({
    stdinIsTerminal: true,
    readStdin: () => 'Host key verification failed.',
  });
  expect(readMessage('-', undefined, terminal).fates).toEqual(['close-during-kex']);
  expect(terminal.said).toEqual([
    'Paste what the client printed, and end it with Ctrl-D on a line of its own.',
  ]);
});

test('of a part of a message it says what the whole ones are', () => {
  const read = (text: string) => () => readMessage(text, undefined, memoryTerminal());
  expect(read('connection refused\n')).toThrow(
    /^--message: That is a part of a message\. Give all of the line, as in 'ssh: connect to host HOST port PORT: Connection refused' or /,
  );
  expect(read('port')).toThrow('--message: No line of it is known.');
  expect(read('what is this about')).toThrow('--message: No line of it is known.');
});
