import { describe, expect, it } from 'vitest';
import { forAdf, forJiraWiki, forNote, forRedmine, forServiceNow } from '../../src/tickets/escape.ts';
import { HOSTILE_TEXTS } from '../report/hostile-texts.ts';

const EDGES = { forNote, forServiceNow, forRedmine, forJiraWiki, forAdf };

describe.each(Object.entries(EDGES))('%s', (_, forIt) => {
  it.each(HOSTILE_TEXTS)('gives one visible line of %j', (hostile) => {
    expect(forIt(hostile)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });
  it("leaves ordinary words, and an algorithm's name, as they are: they are to be copied", () => {
    const words =
      'sshd -t && systemctl reload ssh; chacha20-poly1305@openssh.com, 10.0.0.1:22 (50 %) [x] {y} ~1 #2';
    expect(forIt(words)).toBe(words);
  });
});

describe.each(Object.entries({ forNote, forServiceNow, forRedmine, forJiraWiki }))('%s', (_, forIt) => {
  it.each(HOSTILE_TEXTS)('leaves no address and no mention in %j', (hostile) => {
    const shown = forIt(hostile);
    expect(shown).not.toMatch(/:\/\/|\bwww\.|\bmailto:|\btel:/i);
    expect(shown).not.toMatch(/(^|[^\p{L}\p{N}[])@\w/u);
  });
  it('writes addresses and mentions so that people still read them', () => {
    expect(forIt('https://evil.example www.evil.example @admin a,@b @[x:y]')).toBe(
      'https[:]//evil.example www[.]evil.example [@]admin a,[@]b [@][x:y]',
    );
  });
});

describe('forServiceNow', () => {
  it('opens and closes no HTML', () => {
    expect(forServiceNow('[code]<b>x</b>[/code] [CODE] [codes]')).toBe(
      '\\x5bcode]<b>x</b>\\x5b/code] \\x5bCODE] [codes]',
    );
  });
});

describe('forRedmine', () => {
  it('ends neither block, and makes no tag and no entity', () => {
    expect(forRedmine('</pre> <!-- <b> <?x a < b ~~~~ ~~ &lt; &#64; a && b')).toBe(
      '\\x3c/pre> \\x3c!-- \\x3cb> \\x3c?x a < b \\x7e\\x7e\\x7e\\x7e ~~ \\x26lt; \\x26#64; a && b',
    );
  });
});

describe('forJiraWiki', () => {
  it('ends the block not, and mentions nobody', () => {
    expect(forJiraWiki('{noformat} {NoFormat:title=x} {code} [~admin] [~accountid:1] [x]')).toBe(
      '\\x7bnoformat} \\x7bNoFormat:title=x} {code} \\x5b~admin] \\x5b~accountid:1] [x]',
    );
  });
});
