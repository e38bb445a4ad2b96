import { openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { message, outputError } from '../../src/cli/errors.ts';

test('messages name the program and are escaped', () => {
  expect(message("'a\x1b[31m.pcap' is empty.")).toBe("sshfate: 'a\\x1b[31m.pcap' is empty.\n");
});

test('an output error says why and what to do', () => {
  const denied = Object.assign(new Error('x'), { code: 'EACCES' });
  expect(outputError("'report.txt'", denied).message).toBe(
    "'report.txt' cannot be written: you have no permission to write there. Choose another file with --output.",
  );
  expect(outputError('report.txt', new Error('device on fire')).message).toContain('device on fire');
});

test('an output that cannot be opened is told from a folder that is not there', () => {
  const why = (file: string): string => {
    try {
      openSync(file, 'w');
    } catch (error) {
      return outputError('it', error).message;
    }
    throw new Error(`${file} was opened`);
  };
  expect(why('/nowhere/report.txt')).toContain(': its folder does not exist.');
  expect(why('/proc/report.txt')).toContain(': its folder takes no new files.');
  expect(why(`${import.meta.filename}/report.txt`)).toContain(
    ': a part of its path is a file, not a folder.',
  );
  expect(why(import.meta.dirname)).toContain(': it is a folder.');
  expect(why(`/tmp/${'n'.repeat(300)}`)).toContain(': the name is too long.');
  expect(why('')).toContain(': the name is empty.');
});
