import { describe, expect, it } from 'vitest';
import { CaptureNotes, decisivePackets, Tally } from '../../../src/diagnosis/patterns/capture-notes.ts';
import { noCommonKex, portClosed, reported } from '../../report/fixtures.ts';

const client = (number: number) => ({
  address: `10.${number >>> 16}.${(number >>> 8) & 255}.${number & 255}`,
  port: 40_000,
});

describe('CaptureNotes', () => {
  it('forgets nothing silently when its tables are full', () => {
    const notes = new CaptureNotes();
    for (let i = 0; i < 30_000; i++) notes.add(reported(portClosed({ client: client(i) })));
    const [server] = notes.servers.values();
    expect(server?.clients.size).toBe(20_000);
    expect(notes.sources.size).toBe(10_000);
    expect(notes.unnoted).toBe(20_000 + 10_000);
  });

  it('leaves a flood of SYNs without an end alone', () => {
    const notes = new CaptureNotes();
    notes.add(reported(portClosed({ fate: 'syn-ack-unanswered' })));
    expect(notes.sources.size).toBe(0);
  });
});

it('A tally counts every session and remembers some.', () => {
  const tally = new Tally();
  for (let i = 0; i < 2000; i++) tally.add(reported(portClosed({ session: i + 1, client: client(i) })));
  expect(tally.sessions).toBe(2000);
  expect(tally.examples).toHaveLength(5);
  expect(tally.clients.size).toBe(1000);
  expect(tally.clientsLimited).toBe(true);
});

it('The decisive packets are those of the cause, else those of the end, else the last one.', () => {
  expect(decisivePackets(noCommonKex())).toEqual([8]);
  expect(decisivePackets(portClosed({ cause: undefined }))).toEqual([2]);
  const record = portClosed({ cause: undefined });
  expect(decisivePackets({ ...record, observed: { ...record.observed, closes: [] } })).toEqual([2]);
});
