import { describe, expect, test } from 'vitest';
import { collectIncident } from '../../../src/report/incident/collect-incident.ts';
import { captureRecord, cause, completed, noCommonKex, portClosed, reported } from '../fixtures.ts';
import { incidentOf } from './incidents.ts';

describe('an incident', () => {
  test('has the findings, when sessions met their fates, and who failed', () => {
    const incident = incidentOf([portClosed(), noCommonKex(), completed()]);
    expect(incident.generator).toBe('sshfate 1.2.3');
    expect(incident.summary.sessions).toBe(3);
    expect(incident.failed).toBe(2);
    expect(incident.findings.map(({ fate }) => fate).sort()).toEqual(['close-during-kex', 'rst-after-syn']);
    expect(incident.times?.fates.map(({ fate, sessions }) => [fate, sessions])).toEqual([
      ['rst-after-syn', 1],
      ['close-during-kex', 1],
      ['completed', 1],
    ]);
    expect(incident.servers.rows.map(({ name, failed }) => [name, failed])).toEqual([['10.77.2.2:22', 2]]);
    expect(incident.clients.rows.map(({ name }) => name)).toEqual(['10.77.1.2']);
  });
  test('does not count scanners and checks as failed', () => {
    const scan = portClosed({ cause: cause('scan', 2) });
    expect(incidentOf([scan, completed()])).toMatchObject({ failed: 0, findings: [{ severity: 'info' }] });
  });
  test('illustrates a finding with its most telling session', () => {
    const unsure = noCommonKex({ session: 1, cause: cause('no-common-kex', 8, { confidence: 'possible' }) });
    const sure = noCommonKex({ session: 2 });
    expect(incidentOf([unsure, sure]).findings[0]?.example?.session).toBe(2);
    expect(incidentOf([sure, { ...sure, session: 3 }]).findings[0]?.example?.session).toBe(2);
  });
  test('places the sessions of several captures among each other', () => {
    const collector = collectIncident();
    collector.session(reported(portClosed()));
    collector.capture(captureRecord());
    collector.session(reported(portClosed({ session: 1, capture: 'later.pcap' })));
    collector.capture(captureRecord({ name: 'later.pcap', start: '2026-11-23T12:26:46.000000Z' }));
    const { times } = collector.incident();
    expect(times?.fates[0]?.counts.filter((count) => count > 0)).toEqual([1, 1]);
    expect((times?.columns ?? 0) * (times?.columnMs ?? 0)).toBeGreaterThanOrEqual(3_600_000);
  });
  test('is empty when nothing was read', () => {
    expect(collectIncident().incident()).toEqual({
      schema: 'sshfate/incident@1',
      captures: [],
      summary: { sessions: 0, fates: {}, causes: {} },
      failed: 0,
      findings: [],
      servers: { rows: [], more: 0 },
      clients: { rows: [], more: 0 },
    });
  });
  test('keeps few records, however many sessions and findings there are', () => {
    const collector = collectIncident();
    let kept = 0;
    const session = reported(portClosed());
    for (let i = 0; i < 100_000; i++) {
      collector.session({
        ...session,
        serverAddressWords: [0x0a000000 + (i % 5000), 0, 0, 0],
        toJSON() {
          kept++;
          return portClosed();
        },
      });
    }
    collector.capture(captureRecord());
    expect(kept).toBeLessThan(1000);
    const { findings, summary } = collector.incident();
    expect(summary.sessions).toBe(100_000);
    expect(findings.length).toBeGreaterThanOrEqual(5000);
  });
});
