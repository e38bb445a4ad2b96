import { expect, test } from 'vitest';
import { code, prose } from '../../../src/report/page/blocks.ts';

test('Backquotes in prose stand around what is to be typed.', () => {
  expect(prose('run `ls -l`, then `pwd`')).toEqual(['run ', code('ls -l'), ', then ', code('pwd')]);
  expect(prose('`ls`')).toEqual([code('ls')]);
  expect(prose('nothing')).toEqual(['nothing']);
});

test('Without a partner a backquote is a backquote.', () => {
  expect(prose('the client offers a`b')).toEqual(['the client offers a`b']);
});
