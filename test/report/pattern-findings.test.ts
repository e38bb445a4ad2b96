import { describe, expect, it } from 'vitest';
import { Overview } from '../../src/report/overview.ts';
import { findingLines } from '../../src/report/overview-text.ts';
import { plain } from '../../src/report/paint.ts';
import { PatternFindings } from '../../src/report/pattern-findings.ts';
import { captureRecord, portClosed, reported } from './fixtures.ts';

function scan(target: { add(session: ReturnType<typeof reported>): unknown }, capture: string, servers = 12) {
  for (let i = 0; i < servers; i++) {
    const server = { address: `10.9.0.${i}`, port: 22 };
    target.add(reported(portClosed({ session: i + 1, capture, server })));
  }
}

describe('PatternFindings', () => {
  it('tells a pattern as a finding, with an id that stays the same', () => {
    const ids = [1, 2].map(() => {
      const patterns = new PatternFindings();
      scan(patterns, 'a.pcap');
      patterns.captureEnded(captureRecord({ name: 'a.pcap' }));
      const [finding, ...others] = patterns.findings();
      expect(others).toEqual([]);
      expect(finding).toMatchObject({
        pattern: 'scanner',
        sessions: 12,
        clients: 1,
        topClients: [{ address: '10.77.1.2', sessions: 12 }],
        firstSeen: '2026-11-23T11:26:46.000000Z',
      });
      expect(finding?.examples[0]).toEqual({ capture: 'a.pcap', session: 1, packets: [2] });
      return finding?.id;
    });
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).toMatch(/^[0-9a-f]{10}$/);
  });

  it('looks within each capture, and tells what several show together', () => {
    const patterns = new PatternFindings();
    for (const [name, servers] of [
      ['a.pcap', 11],
      ['b.pcap', 14],
      ['c.pcap', 3],
    ] as const) {
      scan(patterns, name, servers);
      patterns.captureEnded(captureRecord({ name }));
    }
    const [finding, ...others] = patterns.findings();
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ sessions: 25, clients: 1 });
    expect(finding?.summary).toContain('14 servers');
    expect(finding?.summary).toContain('all 2 captures together have 25');
  });

  it('stands among the findings of an overview, with its evidence and first step', () => {
    const overview = new Overview();
    scan(overview, 'a.pcap');
    overview.captureEnded(captureRecord({ name: 'a.pcap' }));
    const pattern = overview.findings().filter((finding) => finding.pattern !== undefined);
    expect(pattern).toHaveLength(1);
    const text = findingLines(pattern, false, { width: 200, paint: plain }).join('\n');
    expect(text).toContain('none came as far as authentication');
    expect(text).toContain('> Find out what 10.77.1.2 is');
  });
});
