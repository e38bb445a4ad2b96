import { expect, it } from 'vitest';
import { hasProxyHeader, wordsInstead } from '../../src/diagnosis/words-instead.ts';
import { CLIENT_LINE, identified, Scene, SERVER_LINE } from '../session/scene.ts';
import { kexInit } from '../ssh/wire.ts';

const WORDS = 'Invalid SSH identification string.';

it('finds the line that stands where the KEXINIT of the server should', () => {
  const scene = identified().says('client', kexInit()).says('server', `${WORDS}\r\n`);
  expect(wordsInstead(scene.fin('server').end())).toBe(WORDS);
});

it('takes no line before the identification string for one, which is allowed', () => {
  const scene = new Scene().connect().says('server', 'Welcome.\r\n').says('server', SERVER_LINE);
  expect(wordsInstead(scene.says('client', CLIENT_LINE).fin('server').end())).toBeUndefined();
});

it('sees the header of the PROXY protocol, and in no other line', () => {
  const begun = (line: string) =>
    new Scene().connect().says('client', line).says('client', CLIENT_LINE).says('server', SERVER_LINE);
  expect(hasProxyHeader(begun('PROXY UNKNOWN\r\n').fin('server').end())).toBe(true);
  expect(hasProxyHeader(identified().fin('server').end())).toBe(false);
});
