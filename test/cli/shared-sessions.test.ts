import { expect, test } from 'vitest';
import { compareAdvice, partedNotice, SharedSessions, sharedNotice } from '../../src/cli/shared-sessions.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { noCommonKex, portClosed, reported } from '../report/fixtures.ts';

const EPOCH = '2026-11-23T11:26:46.000000Z';

/** `clockMs`: what the clock of this capture is ahead. */
function take(shared: SharedSessions, name: string, sessions: readonly SessionRecord[], clockMs = 0): void {
  shared.begin(name, BigInt(Date.parse(EPOCH) + clockMs) * 1_000_000n);
  for (const session of sessions) shared.add(reported(session, EPOCH));
}

function summaryOf(...captures: readonly (readonly [string, readonly SessionRecord[], number?])[]) {
  const shared = new SharedSessions();
  for (const [name, sessions, clockMs] of captures) take(shared, name, sessions, clockMs);
  return shared.summary();
}

/** The client and the server change places. */
function turned(record: SessionRecord): SessionRecord {
  return { ...record, client: record.server, server: record.client };
}

function fromPort(port: number, record = noCommonKex()): SessionRecord {
  return { ...record, client: { ...record.client, port } };
}

test('a session in two captures is counted once', () => {
  const all = [fromPort(1), fromPort(2), fromPort(3)];
  expect(summaryOf(['a', all], ['b', [fromPort(4), ...all.slice(1)]])).toEqual({
    sessions: 2,
    atLeast: false,
    captures: ['a', 'b'],
  });
  expect(summaryOf(['a', all], ['b', all], ['c', all])?.sessions).toBe(3);
});

test('the two captures that share the most are named', () => {
  const summary = summaryOf(
    ['a', [fromPort(1), fromPort(2), fromPort(3)]],
    ['b', [fromPort(1)]],
    ['c', [fromPort(2), fromPort(3)]],
  );
  expect(summary).toMatchObject({ sessions: 3, captures: ['a', 'c'] });
});

test('a capture without the SYN may take the other side for the client', () => {
  expect(summaryOf(['a', [noCommonKex()]], ['b', [turned(noCommonKex())]])?.sessions).toBe(1);
});

test('the same ports at another time, and within one capture, are other sessions', () => {
  const hour = 3_600_000;
  expect(summaryOf(['a', [noCommonKex()]], ['b', [noCommonKex()], hour])).toBeUndefined();
  expect(summaryOf(['a', [noCommonKex(), noCommonKex()]], ['b', [fromPort(1)]])).toBeUndefined();
});

test('clocks may differ by some seconds where as much was sent', () => {
  expect(summaryOf(['a', [noCommonKex()]], ['b', [noCommonKex()], 20_000])?.sessions).toBe(1);
  const more = { ...noCommonKex(), bytes: { clientToServer: 1, serverToClient: 1, missed: 0 } };
  expect(summaryOf(['a', [noCommonKex()]], ['b', [more], 20_000])).toBeUndefined();
  // Attempts to connect hold nothing by which they could be known again.
  expect(summaryOf(['a', [portClosed()]], ['b', [portClosed()], 20_000])).toBeUndefined();
});

test('beyond the limit it says that there may be more', () => {
  const shared = new SharedSessions(2);
  const all = [fromPort(1), fromPort(2), fromPort(3), fromPort(4)];
  take(shared, 'a', all);
  take(shared, 'b', all);
  expect(shared.summary()).toEqual({ sessions: 2, atLeast: true, captures: ['a', 'b'] });
});

test('of ports that are used again and again not all sessions are noted', () => {
  const shared = new SharedSessions();
  const second = (n: number): SessionRecord => {
    const at = new Date(Date.parse(EPOCH) + n * 1000).toISOString();
    return { ...noCommonKex(), start: at, end: at };
  };
  const all = Array.from({ length: 100 }, (_, n) => second(n));
  take(shared, 'a', all);
  take(shared, 'b', all);
  expect(shared.summary()).toMatchObject({ sessions: 64, atLeast: true });
});

test('the notice says how many, and what to do', () => {
  const two = { sessions: 2, atLeast: false, captures: ['a.pcap', 'my b.pcap'] } as const;
  expect(sharedNotice(two, 2, compareAdvice({}))).toBe(
    "2 sessions are in both captures and count in each. `sshfate compare a.pcap 'my b.pcap'` judges them together.",
  );
  const one = { sessions: 1, atLeast: true, captures: ['a', 'b'] } as const;
  expect(sharedNotice(one, 3, compareAdvice({ port: [22, 2222], anyPort: true }))).toBe(
    'At least 1 session is in two of the captures or more and counts in each. `sshfate compare a b --port 22,2222 --any-port` judges them together.',
  );
  expect(compareAdvice({})('-', 'b')).toBe("'sshfate compare' judges files together.");
});

test('what goes on in the next file is no session at two places, also where both parts hold as much', () => {
  const begun = { ...noCommonKex(), observed: { ...noCommonKex().observed, closes: [] } };
  const joined = { ...begun, stage: 'unknown' } as const;
  const parts = (...names: readonly string[]) => {
    const shared = new SharedSessions();
    const clocks: Readonly<Record<string, number>> = { a: 0, b: 20_000, c: 40_000 };
    for (const name of names) take(shared, name, [name === 'a' ? begun : joined], clocks[name]);
    return shared;
  };
  const inOrder = parts('a', 'b', 'c');
  expect(inOrder.summary()).toBeUndefined();
  expect(inOrder.partedSummary()).toEqual({ sessions: 1, captures: ['a', 'b'] });
  expect(parts('c', 'b', 'a').partedSummary()).toEqual({ sessions: 1, captures: ['b', 'c'] });
  expect(parts('a').partedSummary()).toBeUndefined();
  const closed = new SharedSessions();
  take(closed, 'a', [noCommonKex()]);
  take(closed, 'b', [joined], 20_000);
  expect(closed.partedSummary()).toBeUndefined();
  expect(partedNotice({ sessions: 2, captures: ['a b', 'c'] })).toContain(
    "2 sessions are judged in parts, for one capture ends and another begins within. `mergecap -w whole.pcapng 'a b' c`",
  );
});
