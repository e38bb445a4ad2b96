import { expect, it } from 'vitest';
import { code, sentence, text } from '../../src/tickets/document.ts';

it('Backticks of a sentence stand around commands, unless one of them has no partner.', () => {
  expect(sentence('Run `sshd -t`, then wait.')).toEqual([
    text('Run '),
    code('sshd -t'),
    text(', then wait.'),
  ]);
  expect(sentence('`a``b`')).toEqual([code('a'), code('b')]);
  expect(sentence('SSH-2.0-`x')).toEqual([text('SSH-2.0-`x')]);
});
