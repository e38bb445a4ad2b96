import { describe, expect, test } from 'vitest';
import { FindingAggregator } from '../../src/report/findings.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { captureRecord, completed, noCommonKex, portClosed, reported } from './fixtures.ts';

function findingsOf(...records: SessionRecord[]) {
  const aggregator = new FindingAggregator();
  for (const record of records) aggregator.add(reported(record));
  aggregator.captureEnded(captureRecord());
  return aggregator.findings();
}

const client = (address: string) => ({ address, port: 40_000 });

describe('FindingAggregator', () => {
  test('puts sessions with the same server, fate and cause into one finding', () => {
    const [finding, ...others] = findingsOf(
      portClosed({ session: 1, client: client('10.0.0.1') }),
      portClosed({ session: 2, client: client('10.0.0.2'), end: '2026-11-23T11:27:00.000000Z' }),
      portClosed({ session: 3, client: client('10.0.0.1') }),
    );
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      title: '10.77.2.2:22: the connection was refused with a RST (port-closed)',
      severity: 'high',
      server: '10.77.2.2:22',
      fate: 'rst-after-syn',
      firstSeen: '2026-11-23T11:26:46.000000Z',
      lastSeen: '2026-11-23T11:27:00.000000Z',
      sessions: 3,
      clients: 2,
      topClients: [
        { address: '10.0.0.1', sessions: 2 },
        { address: '10.0.0.2', sessions: 1 },
      ],
      cause: { id: 'port-closed' },
    });
    expect(finding?.examples).toEqual([
      { capture: 'closed.pcap', session: 1, packets: [2] },
      { capture: 'closed.pcap', session: 2, packets: [2] },
      { capture: 'closed.pcap', session: 3, packets: [2] },
    ]);
    expect(finding).not.toHaveProperty('clientsAtLeast');
  });

  test('keeps servers, ports, fates and causes apart', () => {
    const findings = findingsOf(
      portClosed(),
      portClosed({ server: { address: '10.77.2.2', port: 2222 } }),
      portClosed({ server: { address: '2001:db8::2', port: 22 }, client: client('2001:db8::1') }),
      portClosed({ cause: undefined }),
      noCommonKex(),
    );
    expect(findings.map((finding) => finding.title).sort()).toEqual([
      '10.77.2.2:2222: the connection was refused with a RST (port-closed)',
      '10.77.2.2:22: closed during the key exchange (no-common-kex)',
      '10.77.2.2:22: the connection was refused with a RST',
      '10.77.2.2:22: the connection was refused with a RST (port-closed)',
      '[2001:db8::2]:22: the connection was refused with a RST (port-closed)',
    ]);
    expect(new Set(findings.map((finding) => finding.id)).size).toBe(5);
  });

  test('gives the same id when the same trouble is seen again, in another capture and order', () => {
    const [once] = findingsOf(portClosed());
    const [again] = findingsOf(
      completed(),
      portClosed({ session: 77, capture: 'other.pcap', client: client('192.0.2.1') }),
    );
    expect(again?.id).toBe(once?.id);
  });

  test('finds nothing in sessions that ended as they should', () => {
    expect(findingsOf(completed(), portClosed({ fate: 'open', cause: undefined }))).toEqual([]);
  });

  test('puts the worst first and then what happened most', () => {
    const findings = findingsOf(
      portClosed({ fate: 'fin-after-banner', cause: undefined }),
      noCommonKex(),
      portClosed(),
      portClosed(),
    );
    expect(findings.map((finding) => [finding.severity, finding.sessions])).toEqual([
      ['high', 2],
      ['high', 1],
      ['medium', 1],
    ]);
  });

  test('sees first and last over several captures, whatever their order', () => {
    const aggregator = new FindingAggregator();
    const late = portClosed({ start: '2026-11-24T00:00:01.000000Z', end: '2026-11-24T00:00:02.000000Z' });
    aggregator.add(reported(late, '2026-11-24T00:00:00.000000Z'));
    aggregator.captureEnded(captureRecord({ start: '2026-11-24T00:00:00.000000000Z' }));
    aggregator.add(reported(portClosed()));
    aggregator.captureEnded(captureRecord());
    expect(aggregator.findings()).toMatchObject([
      { firstSeen: '2026-11-23T11:26:46.000000Z', lastSeen: '2026-11-24T00:00:02.000000000Z', sessions: 2 },
    ]);
  });

  test('falls back to what ended the session when there is no evidence', () => {
    const closes = noCommonKex().observed.closes.map((close) => ({ ...close, packet: 11 }));
    const record = noCommonKex({ cause: undefined, observed: { ...noCommonKex().observed, closes } });
    expect(findingsOf(record)[0]?.examples[0]?.packets).toEqual([11]);
    const silent = noCommonKex({ cause: undefined, observed: { ...noCommonKex().observed, closes: [] } });
    expect(findingsOf(silent)[0]?.examples[0]?.packets).toEqual([12]);
  });

  test('counts a flood from a million addresses in bounded memory and says what that cost', () => {
    const aggregator = new FindingAggregator();
    const session = reported(portClosed());
    for (let i = 0; i < 1_000_000; i++) aggregator.add({ ...session, clientAddressWords: [i, 0, 0, 0] });
    aggregator.captureEnded(captureRecord());
    const [finding] = aggregator.findings();
    expect(finding).toMatchObject({ sessions: 1_000_000, clients: 10_000, clientsAtLeast: true });
    expect(finding?.examples).toHaveLength(5);
    expect(aggregator.limits()).toEqual({ 'sessions-of-uncounted-clients': 990_000 });
  });

  test('gives up telling servers apart after ten thousand and says so', () => {
    const aggregator = new FindingAggregator();
    const session = reported(portClosed());
    for (let i = 0; i < 12_000; i++) aggregator.add({ ...session, serverAddressWords: [i, 0, 0, 0] });
    aggregator.captureEnded(captureRecord());
    expect(aggregator.findings()).toHaveLength(10_000);
    expect(aggregator.limits()).toMatchObject({ 'sessions-without-finding': 2000 });
  });
});
