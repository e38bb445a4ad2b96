import type { Finding } from '../../src/report/document.ts';
import type { EndingRow, LivePicture, OpenRow } from '../../src/report/live-picture.ts';
import { cause } from './fixtures.ts';

export function openRow(overrides: Partial<OpenRow> = {}): OpenRow {
  return {
    session: 9,
    client: '10.77.1.2:40284',
    server: '10.77.2.2:22',
    stage: 'banner',
    rttMs: 0.31,
    ageMs: 16_400,
    quietMs: 15_900,
    awaits: { by: 'client', what: 'identification string', silent: true },
    software: 'OpenSSH_9.2p1',
    ...overrides,
  };
}

export function endingRow(overrides: Partial<EndingRow> = {}): EndingRow {
  return {
    session: 5,
    time: '14:03:22',
    client: '10.77.1.2:49152',
    server: '10.77.2.2:22',
    fate: 'close-during-kex',
    cause: 'no-common-kex',
    endedBy: 'client',
    ...overrides,
  };
}

export function finding(overrides: Partial<Finding> = {}): Finding {
  return {
    id: 'a1b2c3d4e5',
    title: '10.77.2.2:22: closed during the key exchange (no-common-kex)',
    severity: 'high',
    server: '10.77.2.2:22',
    fate: 'close-during-kex',
    firstSeen: '2026-11-23T14:03:22.000000Z',
    lastSeen: '2026-11-23T14:03:22.000000Z',
    sessions: 3,
    clients: 1,
    topClients: [],
    examples: [],
    cause: cause('no-common-kex', 8, { summary: 'Nothing in common', nextSteps: ['sshd -T'] }),
    ...overrides,
  };
}

/** A watch in which something happens. */
export function livePicture(overrides: Partial<LivePicture> = {}): LivePicture {
  return {
    interfaces: [{ name: 'eth0', via: 'tcpdump', capturing: true }],
    time: '14:03:25',
    runningMs: 3_725_000,
    packetsASecond: 1234.4,
    lost: 0,
    open: 2,
    onlySyns: 0,
    judged: 1000,
    judgedASecond: 0,
    fates: [
      { fate: 'completed', sessions: 900 },
      { fate: 'rst-after-syn', sessions: 97 },
      { fate: 'close-during-kex', sessions: 3 },
    ],
    findingsOpen: 1,
    findings: [finding()],
    openRows: [
      openRow(),
      openRow({ session: 3, client: '10.77.1.3:1', stage: 'session', awaits: undefined, rttMs: undefined }),
    ],
    endingRows: [endingRow(), endingRow({ session: 4, fate: 'completed', cause: undefined })],
    severalServers: false,
    list: 'endings',
    page: { kind: 'lists' },
    ...overrides,
  };
}
