import { expect, test } from 'vitest';
import { message, outputError } from '../../src/cli/errors.ts';

test('messages name the program and are escaped', () => {
  expect(message("'a\x1b[31m.pcap' is empty.")).toBe("sshfate: 'a\\x1b[31m.pcap' is empty.\n");
});

test('an output error says why and what to do', () => {
  const denied = Object.assign(new Error('x'), { code: 'EACCES' });
  expect(outputError("'report.txt'", denied).message).toBe(
    "'report.txt' cannot be written: there is no permission to. Choose another file with --output.",
  );
  expect(outputError('report.txt', new Error('device on fire')).message).toContain('device on fire');
});
