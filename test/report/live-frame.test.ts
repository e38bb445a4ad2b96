import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/report/layout.ts';
import { lastScroll, liveFrame } from '../../src/report/live-frame.ts';
import type { LivePicture } from '../../src/report/live-picture.ts';
import { coloured, monochrome, plain } from '../../src/report/paint.ts';
import { HOSTILE, hostile, noCommonKex } from './fixtures.ts';
import { endingRow, finding, livePicture, openRow } from './live-pictures.ts';

const USUAL = { width: 80, height: 24 };
const LARGE = { width: 200, height: 50 };

const frame = (overrides: Partial<LivePicture> = {}, size = USUAL): string[] =>
  liveFrame(livePicture(overrides), size, plain);

/** All that a terminal is sent: printable characters, and colours. */
function expectFits(lines: readonly string[], { width, height }: typeof USUAL): void {
  expect(lines.length).toBe(height);
  for (const line of lines) {
    const [first = '', ...others] = line.split('\x1b');
    for (const one of others) expect(one).toMatch(/^\[[\d;]*m/);
    expect([first, ...others].join('')).toMatch(/^\P{C}*$/u);
    expect(displayWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(width);
  }
}

describe('the lists on 80 × 24', () => {
  const lines = frame();
  const text = lines.join('\n');

  test('show counts, fates with bars, findings, open sessions and endings', () => {
    expectFits(lines, USUAL);
    expect(lines[0]).toMatch(/^sshfate live {2}eth0 tcpdump +1:02:05 {2}14:03:25 UTC$/);
    expect(lines[1]).toBe('2 open   1,000 ended   1,234 packets/s   0 lost   1 finding');
    expect(text).toMatch(/ completed {12} 900 █+ .* close-during-kex {8}3 █$/m);
    expect(text).toMatch(
      /^ high {8}3 × 10\.77\.2\.2:22: closed during the key exchange \(no-common-kex\) *$/m,
    );
    expect(text).toMatch(/^ {3}9 10\.77\.1\.2:40284 +banner +0\.31 ms {3}16 s client: identification, 15 s/m);
    expect(text).toMatch(/^ {3}3 10\.77\.1\.3:1 +session +- {3}16 s quiet 15 s/m);
    expect(text).toMatch(/^ 14:03:22 {3}5 10\.77\.1\.2:49152 +close-during-kex +client no-common-kex/m);
    expect(text).toMatch(/^ 14:03:22 {3}4 10\.77\.1\.2:49152 +completed +client -/m);
    expect(lines.at(-1)).toContain('? help   q quit');
  });
  test('have the longest addresses, fates and numbers in them with who ended it', () => {
    const row = endingRow({
      session: 12_345_678,
      client: '192.168.100.100:65535',
      fate: 'stalled-before-banner',
      endedBy: 'nobody',
      cause: 'too-many-authentication-failures',
    });
    const [line] = frame({ endingRows: [row] }).filter((one) => one.includes('12345678'));
    expect(line).toMatch(/192\.168\.100\.100:65535 stalled-before-banner nobody too-many-/);
  });
  test('name the server only when there are several', () => {
    expect(text).not.toContain('SERVER');
    expect(frame({ severalServers: true }, LARGE).join('\n')).toMatch(/SERVER .*\n.* 10\.77\.2\.2:22 /);
  });
  test('say what was said of a session before', () => {
    const rows = [endingRow({ before: 'undetermined' })];
    expect(frame({ endingRows: rows }, LARGE).join('\n')).toContain('no-common-kex (was undetermined)');
  });
});

describe('what is not as it should be', () => {
  test('an interface that is down is said in red, before those that are up', () => {
    const interfaces = [
      { name: 'eth0', via: 'tcpdump', capturing: true },
      { name: 'eth1', via: 'cap', capturing: false },
    ];
    const [line = ''] = liveFrame(livePicture({ interfaces }), USUAL, coloured);
    expect(line).toContain('\x1b[31m\x1b[1mcap DOWN');
    expect(stripVTControlCharacters(line)).toMatch(/^sshfate live {2}eth1 cap DOWN {2}eth0 tcpdump/);
  });
  test('lost packets come first, in red', () => {
    const lines = liveFrame(livePicture({ lost: 12_345 }), USUAL, coloured);
    expect(lines[1]?.startsWith('\x1b[31m\x1b[1m12,345 LOST')).toBe(true);
  });
  test('a pause says what has ended since', () => {
    expect(frame({ paused: { judgedSince: 12 } })[1]).toContain('PAUSED, 12 endings since');
  });
  test('a notice has a line of its own above the keys', () => {
    const lines = frame({ notice: `eth0: ${HOSTILE}` });
    expect(lines.at(-2)).toMatch(/^eth0: SSH-2\.0-\\x1b/);
    expectFits(lines, USUAL);
  });
  test('handshakes without an answer are counted', () => {
    expect(frame({ onlySyns: 350_000 })[1]).toContain('350,000 unanswered SYNs');
  });
});

describe('a list that is longer than its place', () => {
  const endingRows = Array.from({ length: 1000 }, (_, i) => endingRow({ session: 1000 - i }));

  test('shows the row that is selected, marked and in reverse', () => {
    const lines = liveFrame(livePicture({ endingRows, selected: 700 }), USUAL, monochrome);
    const selected = lines.filter((line) => line.includes('\x1b[7m'));
    expect(selected.length).toBe(1);
    expect(stripVTControlCharacters(selected[0] ?? '')).toMatch(/^>14:03:22 +300 /);
  });
  test('says of how many it shows the last', () => {
    expect(frame({ endingRows, judged: 65_000 }).join('\n')).toContain('[ENDED] last 1,000 of 65,000');
  });
  test('says what its filter is', () => {
    const filter = { text: 'kex\x1b', isTyped: false };
    expect(frame({ filter }).join('\n')).toContain("[ENDED] 2 with 'kex\\x1b'");
    expect(frame({ filter, endingRows: [] }).join('\n')).toContain('none that matches');
    expect(frame({ filter: { text: 'ab', isTyped: true } }).at(-1)).toMatch(/^Filter: ab /);
  });
});

describe('another size', () => {
  test('of 200 × 50 has fates and findings beside the lists, with their reasons', () => {
    const lines = frame({}, LARGE);
    expectFits(lines, LARGE);
    expect(lines[2]).toMatch(/^OPEN 2 ─+ │ FATES ─+$/);
    expect(lines.join('\n')).toContain('│         Nothing in common');
    expect(lines.join('\n')).toContain('OpenSSH_9.2p1');
  });
  test('of 200 × 50 shows the finding that is selected, however far down', () => {
    const findings = Array.from({ length: 40 }, (_, i) => finding({ id: `${i}`, title: `finding ${i}` }));
    const lines = frame({ findings, findingsOpen: 2000, list: 'findings', selected: 33 }, LARGE);
    expect(lines.join('\n')).toMatch(/│ {2}high {3}finding 33/);
    expect(lines.join('\n')).toContain('[FINDINGS] worst 40 of 2,000');
  });
  test('of 40 × 10 has the list that is chosen, with fates and causes', () => {
    const size = { width: 40, height: 10 };
    const lines = frame({}, size);
    expectFits(lines, size);
    expect(lines.join('\n')).toMatch(/ 5 close-during-kex +no-common-kex$/m);
    expect(lines.join('\n')).not.toContain('OPEN');
    expect(frame({ list: 'open' }, size).join('\n')).toMatch(/10\.77\.1\.2:40284 +banner/);
  });
  test('that is too small is said', () => {
    expect(frame({}, { width: 20, height: 4 }).join(' ')).toContain('Too small: 30 x 6');
    expectFits(frame({}, { width: 3, height: 2 }), { width: 3, height: 2 });
  });
});

describe('a page', () => {
  const page = { kind: 'session', session: 2, record: noCommonKex(), scroll: 0 } as const;

  test('has a session in full, without commands for a file that is not there', () => {
    const size = { width: 80, height: 100 };
    const text = frame({ page }, size).join('\n');
    expect(text).toContain('close-during-kex: closed during the key exchange');
    expect(text).toContain('NEXT STEPS');
    expect(text).toContain('ip.addr==10.77.1.2 && tcp.port==32942 && tcp.port==22');
    expect(text).not.toContain('tshark -r');
    expect(text).not.toContain('frame.number');
  });
  test('is scrolled to its end and no further', () => {
    const last = lastScroll(page, USUAL);
    expect(last).toBeGreaterThan(20);
    const lines = frame({ page: { ...page, scroll: last } });
    expect(lines.at(-1)).toMatch(/lines (\d+) to (\d+) of \2$/);
    expect(frame({ page: { ...page, scroll: 1e6 } })).toEqual(lines);
  });
  test('says when a session was not kept', () => {
    const text = frame({ page: { kind: 'session', session: 7, scroll: 0 } }).join(' ');
    expect(text).toContain('Session 7 was not kept');
  });
  test('has a finding with what to do', () => {
    const text = frame({ page: { kind: 'finding', finding: finding(), scroll: 0 } }).join('\n');
    expect(text).toContain('> sshd -T');
  });
  test('has help for every key', () => {
    const text = frame({ page: { kind: 'help' } }).join('\n');
    for (const key of ['Enter', 'Tab', 'f, /', 'Space', 'Ctrl-Z', 'q ', 'Ctrl-C'])
      expect(text).toContain(key);
    expect(frame({ page: { kind: 'help' } }).filter(Boolean).length).toBeLessThanOrEqual(USUAL.height);
  });
});

test('Whatever the texts and the size, no line is wider than the terminal or holds a control character.', () => {
  const text = fc.oneof(
    fc.constant(HOSTILE),
    fc.constant('⚡✅東京'.repeat(40)),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  const list = fc.constantFrom('open' as const, 'endings' as const, 'findings' as const);
  const record = fc.constantFrom(hostile(), noCommonKex());
  fc.assert(
    fc.property(
      ...([
        text,
        text,
        list,
        record,
        fc.integer({ min: 1, max: 260 }),
        fc.integer({ min: 1, max: 70 }),
      ] as const),
      fc.constantFrom(plain, coloured),
      (one, other, chosen, kept, width, height, paint) => {
        const base = livePicture({
          list: chosen,
          selected: 0,
          severalServers: true,
          notice: one,
          filter: { text: other, isTyped: one.length % 2 === 0 },
          interfaces: [{ name: other, via: 'tcpdump', capturing: false }],
          openRows: [openRow({ client: one, server: other, software: one })],
          endingRows: [endingRow({ client: other, server: one })],
          findings: [finding({ title: one, cause: { ...finding().cause!, summary: other } })],
        });
        const pages = [
          base.page,
          { kind: 'help' } as const,
          { kind: 'session', session: 2, record: kept, scroll: 3 } as const,
          { kind: 'finding', finding: base.findings[0]!, scroll: 0 } as const,
        ];
        for (const page of pages) {
          expectFits(liveFrame({ ...base, page }, { width, height }, paint), { width, height });
        }
      },
    ),
    { numRuns: 60 },
  );
});
