import { expect, test } from 'vitest';
import { forMarkdownBlock, forTerminal } from '../../../src/report/escape.ts';
import { sequenceText } from '../../../src/report/figures/sequence-text.ts';
import { displayWidth } from '../../../src/report/layout.ts';
import { TWO_CAPTURES } from './two-captures.ts';

test('An arrow goes from one life line to the other, ends on the way, or begins there.', () => {
  expect(sequenceText(TWO_CAPTURES, 72, forTerminal).join('\n')).toBe(
    [
      '           client.pcap 10.0.0.1                 server.pcap',
      '           |             -- TCP handshake --              |',
      '1  +1.0 s  |-------------------- SYN -------------------->|  11  +11.0 s',
      '2  +2.0 s  |<----------------- SYN-ACK * -----------------|  12  +12.0 s',
      '3  +3.0 s  |-------- data --------X                       |',
      '           |                never arrived                 |',
      '4  +4.0 s  |              the last refusal *              |',
      '           |                … 12 s later …                |',
      '5  +5.0 s  |<------- RST * -------o                       |',
      '* decides',
    ].join('\n'),
  );
});

test.each([60, 72, 88, 120])('Nothing is wider than %i columns, however long the texts are.', (width) => {
  const long = 'x'.repeat(500);
  const sequence = {
    ...TWO_CAPTURES,
    columns: [{ name: long }, { name: 'between' }, { name: long, detail: long }],
    rows: [
      { kind: 'phase', label: long },
      { kind: 'pause', label: long },
      { kind: 'note', label: long, left: { packet: 1_234_567, time: '+0.000001 s' } },
      { kind: 'message', from: 0, to: 2, course: 'whole', label: long, detail: long },
      { kind: 'message', from: 2, to: 1, course: 'lost', label: 'FIN' },
    ],
  } as const;
  for (const line of sequenceText(sequence, width, forTerminal)) {
    expect(displayWidth(line)).toBeLessThanOrEqual(width);
  }
});

test('Texts are escaped as the place asks for.', () => {
  const rows = [
    { kind: 'message', from: 0, to: 1, course: 'whole', label: '\x1b[2J', detail: '```' },
  ] as const;
  const lines = sequenceText({ ...TWO_CAPTURES, rows }, 80, forMarkdownBlock).join('\n');
  expect(lines).toContain('\\x1b[2J');
  expect(lines).toContain('\\x60\\x60\\x60');
  expect(lines).not.toContain('\x1b');
});

test('Where nothing fits the lines are longer than asked for, and there are no more of them.', () => {
  const lines = sequenceText(TWO_CAPTURES, 20, forTerminal);
  expect(lines.length).toBeLessThan(30);
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(60);
});
