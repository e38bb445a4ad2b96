import { describe, expect, test } from 'vitest';
import type { CaptureRecord } from '../../src/report/document.ts';
import { displayWidth } from '../../src/report/layout.ts';
import { type TableOptions, tableReporter } from '../../src/report/table.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { captureRecord, completed, hostile, noCommonKex, portClosed, reported } from './fixtures.ts';
import { MemoryOutput } from './memory-output.ts';

const OPTIONS: TableOptions = {
  width: 80,
  colour: false,
  all: false,
  wide: false,
  limit: 20,
  severalCaptures: false,
};

function tableOf(
  records: readonly SessionRecord[],
  options: Partial<TableOptions> = {},
  captures: readonly CaptureRecord[] = [captureRecord()],
): string {
  const output = new MemoryOutput();
  const reporter = tableReporter(output, { ...OPTIONS, ...options });
  for (const record of records) reporter.session(reported(record));
  for (const capture of captures) reporter.capture(capture);
  reporter.end();
  return output.text;
}

/** The lines below the heading of the list of sessions. */
function sessionRows(text: string): string[] {
  return (text.split(/^SESSIONS .*\n(?: .*\n)*?(?= *(?:#|CAPTURE) )/m)[1] ?? '')
    .trimEnd()
    .split('\n')
    .slice(1);
}

const MIXED = [portClosed(), noCommonKex(), completed(), hostile()];
const many = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    portClosed({
      session: 10 + i,
      client: { address: `10.0.${i >> 8}.${i & 255}`, port: 4000 + i },
      durationMs: i,
    }),
  );

describe('the table', () => {
  test('tells what was read, the fates, the findings and the sessions, in this order', () => {
    const text = tableOf(MIXED);
    const order = ['closed.pcap: pcap, 12 packets', 'FATE', 'FINDINGS', 'SESSIONS  4'].map((part) =>
      text.indexOf(part),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBe(0);
    expect(text).toMatch(/close-during-kex +2 +50\.0 % {2}█+\n/);
    expect(text).toContain('> Upgrade the client');
  });
  test('puts the most telling sessions first and those that went well last', () => {
    expect(sessionRows(tableOf([completed(), ...MIXED]))[0]).toMatch(/^1 .*rst-after-syn +port-closed$/);
    expect(sessionRows(tableOf([completed(), ...MIXED])).at(-1)).toMatch(/completed/);
  });
  test('does not let a thousand sessions of one trouble hide a single one of another', () => {
    const rows = sessionRows(tableOf([...many(1000), noCommonKex()]));
    expect(rows).toHaveLength(20);
    expect(rows[3]).toMatch(/no-common-kex/);
  });
  test('lists as many sessions as asked for, and says how many there are', () => {
    const text = tableOf(many(30), { limit: 5 });
    expect(text).toContain('SESSIONS  5 of 30 to 10.77.2.2:22, the most telling first; --all shows all');
    expect(sessionRows(text)).toHaveLength(5);
    expect(tableOf(many(3), { limit: 0 })).not.toMatch(/^SESSIONS/m);
  });
  test('prints all sessions as they end and the overview below them with --all', () => {
    const output = new MemoryOutput();
    const reporter = tableReporter(output, { ...OPTIONS, all: true });
    reporter.session(reported(portClosed()));
    expect(output.text).toMatch(/^ +# .*FATE.*\n +1 .*rst-after-syn/);
    reporter.session(reported(noCommonKex()));
    reporter.capture(captureRecord());
    reporter.end();
    expect(output.text.match(/^ +# /gm)).toHaveLength(1);
    expect(output.text.indexOf('FINDINGS')).toBeGreaterThan(output.text.indexOf('no-common-kex'));
  });
  test('sorts by a column, sizes with the largest first', () => {
    const byDuration = sessionRows(tableOf(many(30), { sort: 'duration', limit: 2 }));
    expect(byDuration.map((row) => row.trim().split(/ +/)[0])).toEqual(['39', '38']);
    const byClient = sessionRows(tableOf(many(300), { sort: 'client', all: true }));
    expect(byClient).toHaveLength(300);
    expect(byClient[256]).toContain('10.0.1.0:4256');
  });
  test('keeps within the width of the terminal and never cuts a fate off', () => {
    const ipv6 = portClosed({
      client: { address: '2001:db8:1234:5678:9abc:def0:1234:5678', port: 65_535 },
      server: { address: '2001:db8:1234:5678:9abc:def0:1234:5679', port: 22 },
      fate: 'stalled-before-banner',
      session: 123_456,
    });
    for (const width of [80, 120, 200, 60]) {
      const text = tableOf([...MIXED, ...many(30), ipv6], { width, limit: 100, severalCaptures: width > 80 });
      for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      expect(text).toContain(' stalled-before-banner');
    }
  });
  test('keeps within the width with --all as well, but cuts nothing off: another program may read it', () => {
    for (const sort of [undefined, 'session'] as const) {
      const text = tableOf([...MIXED, ...many(30)], { all: true, sort });
      for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
      const long = portClosed({
        client: { address: '2001:db8::1', port: 9 },
        server: { address: '2001:db8:1234:5678:9abc:def0:1234:5679', port: 22 },
      });
      expect(tableOf([long], { all: true, sort })).toMatch(
        /2001:db8:1234:5678:9abc:def0:1234:5679\]:22 +rst/,
      );
    }
  });
  test('shows more columns in a wide terminal, and all of them with --wide', () => {
    expect(tableOf(MIXED)).not.toContain('DURATION');
    expect(tableOf(MIXED, { width: 130 })).toContain('DURATION');
    expect(tableOf(MIXED, { wide: true })).toContain('SERVER SOFTWARE');
  });
  test('tells sessions of several captures apart', () => {
    expect(tableOf(MIXED, { severalCaptures: true })).toMatch(/^CAPTURE +# /m);
  });
  test('colours only when asked to', () => {
    expect(tableOf(MIXED)).not.toContain('\x1b');
    expect(tableOf(MIXED, { colour: true })).toContain('\x1b[1m');
  });
  test('says what was wrong with a capture', () => {
    const text = tableOf(MIXED, {}, [
      captureRecord({
        damage: {
          kind: 'cut-off',
          message: 'The capture ends inside packet 13, at offset 3250.',
          offset: 3250,
        },
        drops: 7,
        cutPackets: 3,
        snapLength: 96,
        limits: { 'evicted-connections': 1234 },
      }),
    ]);
    expect(text).toContain('  The capture ends inside packet 13, at offset 3250.\n');
    expect(text).toContain('  The capturing program lost 7 packets.\n');
    expect(text).toContain('  3 packets were cut short, by a snap length of 96.\n');
    expect(text).toContain('  Limit reached: evicted connections, 1,234.\n');
  });
  test('gives the verdict of each of several captures, and their troubles', () => {
    const output = new MemoryOutput();
    const reporter = tableReporter(output, { ...OPTIONS, severalCaptures: true });
    reporter.session(reported(portClosed()));
    reporter.session(reported(portClosed()));
    reporter.session(reported(noCommonKex()));
    reporter.capture(captureRecord({ name: 'dumps/a/first.pcap', drops: 1 }));
    reporter.session(reported(completed({ capture: 'dumps/b.pcap' })));
    reporter.capture(captureRecord({ name: 'dumps/b.pcap' }));
    reporter.capture(captureRecord({ name: 'dumps/\x1b[31m.pcap' }));
    reporter.end();
    expect(output.text).toContain(
      `3 captures in dumps/, 36 packets
  a/first.pcap   2 × rst-after-syn (port-closed),
                 close-during-kex (no-common-kex)
    The capturing program lost 1 packet.
  b.pcap         completed
  \\x1b[31m.pcap  no session
`,
    );
    expect(output.text).toMatch(/see session 1 of\s+closed.pcap/);
    for (const line of output.text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });
  test('tells the first thousand captures one by one', () => {
    const captures = Array.from({ length: 1100 }, (_, i) => captureRecord({ name: `${i}.pcap` }));
    const text = tableOf(MIXED, { severalCaptures: true }, captures);
    expect(text).toContain('1,100 captures, 13,200 packets\n');
    expect(text).toContain('  999.pcap  no session\n  and 100 more captures\n');
  });
  test('tells a server that all have once, above the list', () => {
    expect(tableOf(many(3))).toContain('SESSIONS  3 to 10.77.2.2:22, the most');
    expect(tableOf(many(3))).not.toContain('SERVER');
    const other = portClosed({ server: { address: '10.77.2.3', port: 22 } });
    expect(tableOf([...many(3), other])).toMatch(/SERVER .*\n(?:.*\n)*.* 10\.77\.2\.3:22 /);
  });
  test('says what to do when there is no session, and nothing when nothing was read', () => {
    expect(tableOf([])).toContain('No SSH session: no packet has a watched port. Watch others with --port');
    expect(tableOf([], {}, [])).toBe('');
  });
  test('lets nothing through that a terminal would obey', () => {
    expect(tableOf([hostile()], { severalCaptures: true, wide: true })).toMatch(/^[\n -~█]*$/);
    expect(tableOf([hostile()], { all: true, wide: true, severalCaptures: true })).toMatch(/^[\n -~█]*$/);
  });
  test('takes a flood of half a million sessions in bounded memory, and makes few records of them', () => {
    const output = new MemoryOutput();
    const reporter = tableReporter(output, OPTIONS);
    let made = 0;
    const session = {
      ...reported(portClosed()),
      get start() {
        made++;
        return '2026-11-23T11:26:46.000000Z';
      },
    };
    for (let i = 0; i < 500_000; i++) reporter.session(session);
    reporter.capture(captureRecord());
    reporter.end();
    expect(made).toBeLessThan(100);
    expect(output.text).toContain('500,000 sessions from 1 client');
  });
});
