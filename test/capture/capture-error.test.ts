import { describe, expect, test } from 'vitest';
import {
  CaptureError,
  describeCause,
  inputName,
  isDirectory,
  systemError,
} from '../../src/capture/capture-error.ts';

const failed = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });

describe('a failed system call', () => {
  test.each([
    ['ENOENT', 'not-found'],
    ['ENOTDIR', 'not-found'],
    ['ENAMETOOLONG', 'not-found'],
    ['ELOOP', 'not-found'],
    ['ERR_INVALID_ARG_VALUE', 'not-found'],
    ['EACCES', 'no-permission'],
    ['EPERM', 'no-permission'],
    ['EISDIR', 'is-directory'],
    ['EIO', 'read-failed'],
  ])(
    '%s becomes %s with a sentence that says what is wrong and one that says what to do',
    (code, expected) => {
      const error = systemError('a folder/some file.pcap', failed(code));
      expect(error).toBeInstanceOf(CaptureError);
      expect(error).toMatchObject({ name: 'CaptureError', code: expected, input: 'a folder/some file.pcap' });
      expect(error.message).toMatch(/^[^.]*'a folder\/some file\.pcap'[^.]*\. [A-Z][^.]*\.$/);
    },
  );

  test('the cause is kept', () => {
    const cause = failed('EIO');
    expect(systemError('x', cause).cause).toBe(cause);
    expect(systemError('x', cause).message).toContain('EIO');
  });
});

test('standard input is named in words', () => {
  expect(inputName('-')).toBe('Standard input');
  expect(inputName('-.pcap')).toBe("'-.pcap'");
});

test('a cause without a system code is told in its own words', () => {
  expect(describeCause(new Error('the peer hung up'))).toBe('the peer hung up');
  expect(describeCause('plain')).toBe('plain');
});

test('a folder is not a capture', () => {
  expect(isDirectory('captures')).toMatchObject({ code: 'is-directory', input: 'captures' });
});
