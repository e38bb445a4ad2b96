import type { FindingEvent } from '../../src/live/live-findings.ts';
import type { Finding } from '../../src/report/document.ts';

/** An event of a finding; `id` tells it from others. */
export function findingEvent(id: string, overrides: Partial<Finding> = {}): FindingEvent {
  return {
    event: 'opened',
    finding: {
      id,
      title: '192.0.2.20:22: closed during the key exchange',
      severity: 'high',
      server: '192.0.2.20:22',
      fate: 'close-during-kex',
      firstSeen: '2026-11-23T11:26:46.000000001Z',
      lastSeen: '2026-11-23T11:26:47.000000001Z',
      sessions: 3,
      clients: 1,
      topClients: [{ address: '192.0.2.10', sessions: 3 }],
      examples: [{ capture: 'eth0', session: 1, packets: [4, 5] }],
      ...overrides,
    },
  };
}

export const numberedId = (number: number): string => number.toString(16).padStart(10, '0');
