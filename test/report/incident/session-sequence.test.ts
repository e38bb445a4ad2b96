import { describe, expect, test } from 'vitest';
import type { SequenceRow } from '../../../src/report/figures/sequence.ts';
import { sessionSequence } from '../../../src/report/incident/session-sequence.ts';
import type { SessionRecord } from '../../../src/session/record.ts';
import { cause, completed, EVERYTHING, noCommonKex, portClosed } from '../fixtures.ts';

const rowsOf = (record: SessionRecord): readonly SequenceRow[] => sessionSequence(record).rows;
const told = (record: SessionRecord): string[] =>
  rowsOf(record).map((row) =>
    row.kind === 'message' ? `${row.left?.packet} ${row.label}` : `${row.kind}: ${row.label}`,
  );

const at = (seconds: number): string => `2026-11-23T11:26:${String(46 + seconds).padStart(2, '0')}.000000Z`;

describe('the diagram of a session', () => {
  test('has its decisive packets in order, with the stages that it came through', () => {
    expect(told(noCommonKex())).toEqual([
      'phase: TCP handshake',
      '1 SYN',
      '2 SYN-ACK',
      '3 ACK',
      'phase: identification',
      '4 identification string',
      '5 identification string',
      'phase: key exchange',
      '6 SSH_MSG_KEXINIT',
      '7 SSH_MSG_KEXINIT',
      '8 FIN',
      '9 FIN',
      'phase: closed with FIN by both, stage kex',
    ]);
  });
  test('marks what the cause rests on, and what ended the session', () => {
    const { observed } = noCommonKex();
    const closes = observed.closes.map((close) => ({ ...close, packet: 9 }));
    const rows = rowsOf(noCommonKex({ observed: { ...observed, closes } }));
    const emphasis = rows.flatMap((row) =>
      row.kind === 'message' && row.emphasis ? [[row.left?.packet, row.emphasis]] : [],
    );
    expect(emphasis).toEqual([
      [8, 'decisive'],
      [9, 'trouble'],
    ]);
    expect(rows.find((row) => row.kind === 'message' && row.left?.packet === 8)).toMatchObject({
      from: 1,
      to: 0,
      detail: 'what packet 8 shows',
      left: { time: '+0.007007 s' },
    });
  });
  test('tells repeats, what nobody acknowledged, and long pauses', () => {
    const { tcp } = portClosed();
    const lost = (packet: number, seconds: number) => ({ packet, time: at(seconds), bytes: 1448 });
    const record = portClosed({
      tcp: {
        ...tcp,
        synRepeats: { client: [{ packet: 2, time: at(1) }] },
        last: { client: { data: [lost(3, 2)], unanswered: [lost(4, 9)] }, server: { data: [] } },
      },
      timeline: [{ packet: 1, time: at(0), from: 'client', what: 'SYN' }],
      cause: cause('filtered', 4),
    });
    expect(told(record)).toEqual([
      'phase: TCP handshake',
      '1 SYN',
      'pause: 1.00 s later',
      '2 SYN again',
      'pause: 1.00 s later',
      '3 data',
      'pause: 7.00 s later',
      '4 data again, never acknowledged',
      'phase: reset by server, stage syn',
    ]);
  });
  test('shows who on the path sent an ICMP error, and to whom', () => {
    expect(rowsOf(EVERYTHING).find((row) => row.label === 'ICMP')).toMatchObject({
      from: 1,
      to: 0,
      course: 'inserted',
      detail: expect.stringContaining('from 10.77.1.1'),
    });
  });
  test('notes a packet that only the evidence tells of, when it is of this session', () => {
    const evidence = [4711, 10].map((packet) => ({ packet, time: at(0), what: `shows ${packet}` }));
    const rows = rowsOf(noCommonKex({ cause: cause('no-common-kex', 8, { evidence }) }));
    expect(rows.filter(({ kind }) => kind === 'note').map(({ label }) => label)).toEqual(['shows 10']);
  });
  test('leaves out the middle of very many, and counts it', () => {
    const timeline = Array.from({ length: 200 }, (_, i) => ({
      packet: i + 1,
      time: at(0),
      from: 'client' as const,
      what: 'text',
    }));
    const rows = told(completed({ timeline }));
    expect(rows).toContain('pause: 164 packets more');
    expect(rows).toContain('1 text');
    expect(rows).toContain('200 text');
    expect(rows.length).toBeLessThan(45);
  });
});
