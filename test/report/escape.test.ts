import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  forCsv,
  forHtml,
  forJson,
  forMarkdown,
  forMarkdownBlock,
  forMarkdownCode,
  forTerminal,
  shownForHtml,
} from '../../src/report/escape.ts';

const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const bytes = (text: string) => Buffer.from(text, 'utf8').toString('hex');

describe('forTerminal', () => {
  test('spells out an escape sequence so that no ESC byte is left', () => {
    const hostile = 'SSH-2.0-\x1b]0;owned\x07\x1b[31mred';
    expect(forTerminal(hostile)).toBe('SSH-2.0-\\x1b]0;owned\\x07\\x1b[31mred');
    expect(bytes(forTerminal(hostile))).not.toMatch(/^(?:..)*(?:1b|07)/);
  });
  test('spells out the C1 controls, which some terminals obey like ESC [', () => {
    expect(forTerminal('a\x9b31mb')).toBe('a\\x9b31mb');
    expect(forTerminal('\x7f')).toBe('\\x7f');
  });
  test('spells out a right-to-left mark that came as its UTF-8 bytes e2 80 8f', () => {
    expect(forTerminal('a\xe2\x80\x8fb')).toBe('a\\u200fb');
  });
  test('spells out a decoded right-to-left mark and every other bidi control', () => {
    expect(forTerminal('a\u200fb')).toBe('a\\u200fb');
    for (const mark of '\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c')
      expect(forTerminal(mark)).toMatch(/^\\u[0-9a-f]{4}$/);
  });
  test('spells out line separators, invisible tags and halves of surrogate pairs', () => {
    expect(forTerminal('\u2028')).toBe('\\u2028');
    expect(forTerminal('\u{e0041}')).toBe('\\u{e0041}');
    expect(forTerminal('\ud800')).toBe('\\ud800');
    expect(forTerminal('a\r\n')).toBe('a\\x0d\\x0a');
  });
  test('shows letters: UTF-8 from the wire decoded, other bytes as Latin-1, file names as they are', () => {
    expect(forTerminal(latin1('Zürich 東京'))).toBe('Zürich 東京');
    expect(forTerminal('Z\xfcrich')).toBe('Zürich');
    expect(forTerminal('захват.pcap')).toBe('захват.pcap');
  });
  test('leaves HTML, pipes and formulas alone, which a terminal does not obey', () => {
    expect(forTerminal('<script>|=cmd()')).toBe('<script>|=cmd()');
  });
});

describe('forMarkdown', () => {
  test('leaves no tag, cell border or control', () => {
    expect(forMarkdown('<script>a|b</script>\x1b[0m')).toBe(
      '&lt;script&gt;a&#124;b&lt;/script&gt;\\\\x1b\\[0m',
    );
  });
  test('leaves no emphasis, code, link or image', () => {
    expect(forMarkdown('*a* _b_ `c` [d](e) ![f]')).toBe('\\*a\\* \\_b\\_ \\`c\\` \\[d\\](e) \\!\\[f\\]');
  });
  test('puts what forges would link or mention into a code span, and spells it out where none can hold it', () => {
    expect(forMarkdown('by @g #1 !2 GH-3 http://x www.example.org a@b.c')).toBe(
      'by `@g` `#1` \\\\x212 `GH-3` `http://x` `www.example.org` `a@b.c`',
    );
    expect(forMarkdown('`@g|')).toBe('\\\\x60\\\\x40g\\\\x7c');
    expect(forMarkdown('/close')).toBe('`/close`');
    expect(forMarkdown('see /close')).toBe('see /close');
  });
  test('starts no list, heading or rule', () => {
    expect(forMarkdown('- a')).toBe('\\- a');
    expect(forMarkdown('1. a')).toBe('1\\. a');
    expect(forMarkdown('===')).toBe('\\===');
    expect(forMarkdown('---')).toBe('\\---');
    expect(forMarkdown('# a')).toBe('`#` a');
  });
  test('spells out a right-to-left mark in both spellings', () => {
    expect(forMarkdown('\xe2\x80\x8f')).toBe('\\\\u200f');
    expect(forMarkdown('\u200f')).toBe('\\\\u200f');
  });
  test('leaves ordinary texts readable, before and after they are rendered', () => {
    expect(forMarkdown('in sshd_config of 10.0.0.1:22, 11:26:46 (+0.01 s)')).toBe(
      'in sshd_config of 10.0.0.1:22, 11:26:46 (+0.01 s)',
    );
    expect(forMarkdown('SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10')).toBe(
      '`SSH-2.0-OpenSSH_9.2p1` Debian-2+deb12u10',
    );
    expect(forMarkdown('chacha20-poly1305@openssh.com')).toBe('`chacha20-poly1305@openssh.com`');
  });
});

describe('forMarkdownCode', () => {
  test('has a fence that its text cannot close', () => {
    expect(forMarkdownCode('ls')).toBe('`ls`');
    expect(forMarkdownCode('a`b``c')).toBe('```a`b``c```');
    expect(forMarkdownCode('`')).toBe('`` ` ``');
  });
  test("spells out what Jira's wiki markup obeys, and leaves commands alone", () => {
    expect(forMarkdownCode('[~admin] {code} {color:red} !x.png!')).toBe(
      '`\\x5b~admin] \\x7bcode} \\x7bcolor:red} \\x21x.png!`',
    );
    for (const command of ["awk '{print $4}'", 'frame.number in {8, 9}', '! true', 'ls ~/.ssh [a-z]*']) {
      expect(forMarkdownCode(command)).toBe(`\`${command}\``);
    }
  });
});

describe('forMarkdownBlock', () => {
  test('closes no fence, and is otherwise as it is', () => {
    expect(forMarkdownBlock('```')).toBe('\\x60\\x60\\x60');
    expect(forMarkdownBlock('~~~')).not.toContain('~');
    expect(forMarkdownBlock('ssh -i ~/.ssh/id a`b @c <d>')).toBe('ssh -i ~/.ssh/id a`b @c <d>');
  });
});

describe('forHtml', () => {
  test('leaves no tag and cannot leave a quoted attribute', () => {
    expect(forHtml(`<script>alert("x")</script>'\``)).toBe(
      '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&#96;',
    );
  });
  test('spells out controls and bidi marks', () => {
    expect(forHtml('\x1b\x00\u202e')).toBe('\\x1b\\x00\\u202e');
    expect(forHtml('\x1b\xe2\x80\x8f')).toBe('\\x1b\\u200f');
  });
});

describe('forCsv', () => {
  test('puts an apostrophe before what a spreadsheet would take for a formula', () => {
    expect(forCsv('=cmd()')).toBe(`"'=cmd()"`);
    for (const start of ['=', '+', '-', '@', '\t', '\r', '\n', '\uff1d'])
      expect(forCsv(`${start}1`)).toMatch(/^"'/);
  });
  test('quotes as RFC 4180 says', () => {
    expect(forCsv('a,b')).toBe('"a,b"');
    expect(forCsv('say "x"')).toBe('"say ""x"""');
    expect(forCsv('plain text')).toBe('plain text');
    expect(forCsv('a|b<script>')).toBe('a|b<script>');
  });
  test('spells out controls, so that a field never holds a line end', () => {
    expect(forCsv('a\r\n\x1b[0m')).toBe('a\\x0d\\x0a\\x1b[0m');
    expect(forCsv('\u202e')).toBe('\\u202e');
    expect(forCsv('\xe2\x80\x8f')).toBe('\\u200f');
  });
  test('writes numbers bare and an unknown as nothing', () => {
    expect(forCsv(-0.5)).toBe('-0.5');
    expect(forCsv(undefined)).toBe('');
  });
});

describe('forJson', () => {
  test('is ASCII and gives the same value back', () => {
    const value = {
      a: 'x\x1b[31m\x9b\x7f\u202e\xe2\x80\x8f<script>|=cmd()',
      ü: ['\ud800', '\u{1f600}', null, 1.5],
    };
    const text = forJson(JSON.stringify(value));
    expect(text).toMatch(/^[ -~]*$/);
    expect(text).toContain('\\u001b[31m\\u009b\\u007f\\u202e\\u00e2\\u0080\\u008f<script>|=cmd()');
    expect(JSON.parse(text)).toEqual(value);
  });
  test('keeps indentation', () => {
    expect(forJson(JSON.stringify({ a: '\xe9' }, undefined, 2))).toBe('{\n  "a": "\\u00e9"\n}');
  });
});

test('whatever the bytes, no edge lets a control, a format character or a line separator through', () => {
  const anyText = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((raw) => Buffer.from(raw).toString('latin1')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      for (const edge of [forTerminal, forMarkdown, forMarkdownCode, forMarkdownBlock, forHtml, forCsv])
        expect(edge(text)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      expect(forHtml(text)).not.toMatch(/[<>"'`]/);
      expect(shownForHtml(forTerminal(text))).toBe(forHtml(text));
      expect(forMarkdown(text).replace(/`[^`]*`/g, '')).not.toMatch(/[<>|@]/);
      expect(JSON.parse(forJson(JSON.stringify(text)))).toBe(text);
    }),
  );
});
