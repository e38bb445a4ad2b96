import { FATES, type Fate } from '../../src/fate/vocabulary.ts';
import type { CaptureRecord } from '../../src/report/document.ts';
import type { AddressWords, ReportedSession } from '../../src/report/reporter.ts';
import type { Cause, SessionRecord, TimelineEntry } from '../../src/session/record.ts';
import type { Proposal } from '../../src/ssh/conversation-api.ts';
import { parseAddress } from '../../src/wire/address.ts';

/** What an attacker would send as an identification string, raw as on the wire (Latin-1): see FATES.md's edges. */
export const HOSTILE =
  'SSH-2.0-\x1b]0;owned\x07\x1b[31m\x9b2J\xe2\x80\x8f\xe2\x80\xae<script>alert(1)</script>|=cmd()';
/** Texts that start with what a spreadsheet takes for a formula. */
const FORMULA = '=cmd()|\x1b[2J';

const none = { client: 0, server: 0 } as const;

export const OLD_PROPOSAL: Omit<Proposal, 'hassh' | 'hasshServer'> = {
  kexAlgorithms: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKeyAlgorithms: ['ssh-rsa'],
  encryptionClientToServer: ['aes128-cbc', '3des-cbc'],
  encryptionServerToClient: ['aes128-cbc', '3des-cbc'],
  macClientToServer: ['hmac-sha1'],
  macServerToClient: ['hmac-sha1'],
  compressionClientToServer: ['none'],
  compressionServerToClient: ['none'],
  languagesClientToServer: [],
  languagesServerToClient: [],
};

export const NEW_PROPOSAL: Omit<Proposal, 'hassh' | 'hasshServer'> = {
  kexAlgorithms: [
    'mlkem768x25519-sha256',
    'sntrup761x25519-sha512',
    'curve25519-sha256',
    'ecdh-sha2-nistp256',
    'ext-info-s',
    'kex-strict-s-v00@openssh.com',
  ],
  serverHostKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'],
  encryptionClientToServer: ['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com'],
  encryptionServerToClient: ['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com'],
  macClientToServer: ['umac-128-etm@openssh.com', 'hmac-sha2-256'],
  macServerToClient: ['umac-128-etm@openssh.com', 'hmac-sha2-256'],
  compressionClientToServer: ['none', 'zlib@openssh.com'],
  compressionServerToClient: ['none', 'zlib@openssh.com'],
  languagesClientToServer: [],
  languagesServerToClient: [],
};

/** A SYN that a closed port refused: the smallest session there is. */
export function portClosed(overrides: Partial<SessionRecord> = {}): SessionRecord {
  return {
    schema: 'sshfate/session@1',
    session: 1,
    capture: 'closed.pcap',
    communityId: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
    start: '2026-11-23T11:26:46.000000Z',
    end: '2026-11-23T11:26:46.000310Z',
    durationMs: 0.31,
    client: { address: '10.77.1.2', port: 43974 },
    server: { address: '10.77.2.2', port: 22 },
    packets: { first: 1, last: 2, clientToServer: 1, serverToClient: 1 },
    bytes: { clientToServer: 0, serverToClient: 0, missed: 0 },
    fate: 'rst-after-syn',
    stage: 'syn',
    ending: 'rst',
    endedBy: 'server',
    certainty: 'observed',
    cause: cause('port-closed', 2, {
      summary: 'Nothing listens on 10.77.2.2 port 22: the host itself refused the connection',
      nextSteps: ['systemctl status ssh', "ss -ltn 'sport = :22'"],
    }),
    clientMessage: 'ssh: connect to host 10.77.2.2 port 22: Connection refused',
    tcp: {
      connState: 'REJ',
      history: 'Sr',
      rttMs: 0.31,
      synRetransmissions: 0,
      retransmissions: none,
      outOfOrder: none,
      duplicates: none,
      gaps: none,
      zeroWindows: none,
      mss: { client: 1460 },
      hopLimits: { client: [64], server: [63] },
      checksumErrors: 0,
    },
    timing: {},
    timeline: timeline([
      ['client', 'SYN'],
      ['server', 'RST'],
    ]),
    anomalies: [],
    observed: {
      handshake: 'syn',
      stage: 'syn',
      stageInferred: false,
      closes: [
        {
          side: 'server',
          kind: 'rst',
          packet: 2,
          atMs: 0.31,
          stage: 'syn',
          byOrder: false,
          afterPeerClose: false,
          unacknowledged: false,
          forged: false,
        },
      ],
      foreign: false,
      clientAskedToLeave: false,
    },
    ...overrides,
  };
}

/** Both proposals seen, no key exchange method in common, both sides left. */
export function noCommonKex(overrides: Partial<SessionRecord> = {}): SessionRecord {
  const base = portClosed();
  return {
    ...base,
    session: 2,
    capture: 'no-common-kex.pcap',
    end: '2026-11-23T11:26:46.021000Z',
    durationMs: 21,
    client: {
      address: '10.77.1.2',
      port: 32942,
      identification: 'SSH-2.0-JSCH-0.1.54',
      software: 'JSCH-0.1.54',
      hassh: '472b5de333ad665af5cbf10ff892c4df',
    },
    server: {
      address: '10.77.2.2',
      port: 22,
      identification: 'SSH-2.0-OpenSSH_10.0p2 Debian-7+deb13u4',
      software: 'OpenSSH_10.0p2',
      hasshServer: '671c5858369db8e0a60108d866bbf8ec',
    },
    packets: { first: 1, last: 12, clientToServer: 7, serverToClient: 5 },
    bytes: { clientToServer: 521, serverToClient: 1121, missed: 0 },
    fate: 'close-during-kex',
    stage: 'kex',
    ending: 'fin',
    endedBy: 'both',
    certainty: 'observed',
    cause: cause('no-common-kex', 8, {
      summary: 'Client and server have no key exchange method in common',
      nextSteps: [
        'Upgrade the client: JSCH-0.1.54 offers SHA-1 Diffie-Hellman only.',
        'Until then, on the server, in /etc/ssh/sshd_config: KexAlgorithms +diffie-hellman-group14-sha1 (weak: SHA-1)',
        'sshd -T | grep -i kexalgorithms',
      ],
    }),
    clientMessage:
      'Unable to negotiate with 10.77.2.2 port 22: no matching key exchange method found. Their offer: mlkem768x25519-sha256,sntrup761x25519-sha512,curve25519-sha256,ecdh-sha2-nistp256,ext-info-s,kex-strict-s-v00@openssh.com',
    kex: {
      client: OLD_PROPOSAL,
      server: NEW_PROPOSAL,
      negotiated: {
        hostKey: 'rsa-sha2-512',
      },
      mismatch: { category: 'kex', client: OLD_PROPOSAL.kexAlgorithms, server: NEW_PROPOSAL.kexAlgorithms },
      strict: false,
      messages: [
        { from: 'client', name: 'SSH_MSG_KEXINIT', packet: 7 },
        { from: 'server', name: 'SSH_MSG_KEXINIT', packet: 8 },
      ],
    },
    timing: { connectMs: 0.3, identificationMs: 12.5 },
    notes: ['The client offers SHA-1 signatures only (ssh-rsa), which OpenSSH 8.8 and later refuse'],
    timeline: timeline([
      ['client', 'SYN'],
      ['server', 'SYN-ACK'],
      ['client', 'ACK'],
      ['client', 'identification string', 'SSH-2.0-JSCH-0.1.54'],
      ['server', 'identification string', 'SSH-2.0-OpenSSH_10.0p2 Debian-7+deb13u4'],
      ['client', 'SSH_MSG_KEXINIT'],
      ['server', 'SSH_MSG_KEXINIT'],
      ['server', 'FIN'],
      ['client', 'FIN'],
    ]),
    observed: { ...base.observed, handshake: 'established', stage: 'kex' },
    ...overrides,
  };
}

/** A login that the user ended. */
export function completed(overrides: Partial<SessionRecord> = {}): SessionRecord {
  const { cause: _, clientMessage: __, ...base } = noCommonKex();
  return {
    ...base,
    session: 3,
    capture: 'completed.client.pcap',
    end: '2026-11-23T11:27:16.000000Z',
    durationMs: 30_000,
    fate: 'completed',
    stage: 'session',
    ending: 'fin',
    endedBy: 'client',
    certainty: 'inferred',
    reason: 'authentication is inferred from packet sizes',
    kex: {
      client: NEW_PROPOSAL,
      server: NEW_PROPOSAL,
      negotiated: {
        kex: 'mlkem768x25519-sha256',
        hostKey: 'ssh-ed25519',
        cipher: {
          clientToServer: 'chacha20-poly1305@openssh.com',
          serverToClient: 'chacha20-poly1305@openssh.com',
        },
        mac: { clientToServer: '<implicit>', serverToClient: '<implicit>' },
        compression: { clientToServer: 'none', serverToClient: 'none' },
      },
      strict: true,
      hybridPostQuantum: true,
      messages: [{ from: 'client', name: 'SSH_MSG_KEXINIT', packet: 7 }],
    },
    auth: { result: 'succeeded', attempts: 1, certainty: 'inferred' },
    timing: { connectMs: 0.3, identificationMs: 12.5, kexMs: 30.25, authMs: 80.1, idleBeforeEndMs: 2000.5 },
    ...overrides,
  };
}

/** Every text from the wire is hostile. */
export function hostile(overrides: Partial<SessionRecord> = {}): SessionRecord {
  const base = noCommonKex();
  return {
    ...base,
    session: 4,
    capture: `=${'x'}\x1b[31m.pcap`,
    client: { ...base.client, identification: HOSTILE, software: HOSTILE.slice(8), text: [FORMULA] },
    server: { ...base.server, identification: FORMULA, software: FORMULA, text: [HOSTILE, FORMULA] },
    cause: cause('disconnect-message', 8, { summary: `The server said: ${HOSTILE}`, nextSteps: [HOSTILE] }),
    clientMessage: `Received disconnect from 10.77.2.2 port 22:2: ${HOSTILE}`,
    reason: FORMULA,
    notes: [HOSTILE],
    nesting: [FORMULA],
    timeline: timeline([
      ['client', 'identification string', HOSTILE],
      ['server', 'text', FORMULA],
    ]),
    ...overrides,
  };
}

/** Makes members required, all the way down: a new member of the record does not compile here until it is shown. */
type Complete<T> = T extends readonly (infer Item)[]
  ? readonly Complete<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]-?: Complete<NonNullable<T[Key]>> }
    : T;

/** A record with every member that there is (no session could have them all). */
export const EVERYTHING: Complete<SessionRecord> = {
  ...portClosed({ session: 5, capture: 'everything.pcap' }),
  client: everyEndpoint('10.0.0.1'),
  server: everyEndpoint('2001:db8::1'),
  nesting: ['vlan 42', 'vxlan 7'],
  reason: 'the snap length cut the payload',
  revision: 2,
  times: 'arrival',
  cause: cause('port-closed', 2),
  alternatives: [cause('rejected-by-firewall', 2), cause('filtered', 1)],
  clientMessage: 'Connection refused',
  nextCapture: {
    at: 'server',
    why: 'It tells whether the SYN arrives.',
    command: 'tcpdump -i IFACE -w x.pcap',
  },
  kex: {
    client: OLD_PROPOSAL,
    server: NEW_PROPOSAL,
    negotiated: {
      kex: 'curve25519-sha256',
      hostKey: 'ssh-ed25519',
      cipher: { clientToServer: 'aes128-ctr', serverToClient: 'aes256-ctr' },
      mac: { clientToServer: 'hmac-sha2-256', serverToClient: 'hmac-sha2-512' },
      compression: { clientToServer: 'none', serverToClient: 'zlib@openssh.com' },
    },
    mismatch: {
      category: 'mac',
      direction: 'client-to-server',
      client: ['hmac-sha1'],
      server: ['hmac-sha2-512'],
    },
    strict: true,
    hybridPostQuantum: false,
    messages: [
      { from: 'client', name: 'SSH_MSG_KEXINIT', packet: 7 },
      { from: 'server', name: 'SSH_MSG_KEXINIT', packet: 8 },
    ],
  },
  disconnect: [
    {
      from: 'server',
      packet: 9,
      reasonCode: 2,
      reasonName: 'SSH_DISCONNECT_PROTOCOL_ERROR',
      description: 'strict KEX violation',
    },
  ],
  auth: { result: 'failed', attempts: 3, certainty: 'inferred' },
  tcp: {
    connState: 'SF',
    history: 'ShAaDdFf',
    rttMs: 0.123456,
    synRetransmissions: 1,
    retransmissions: { client: 1, server: 2 },
    outOfOrder: { client: 3, server: 0 },
    duplicates: none,
    gaps: { client: 0, server: 1 },
    zeroWindows: none,
    mss: { client: 1460, server: 1440 },
    hopLimits: { client: [64, 63], server: [128] },
    checksumErrors: 1,
    synRepeats: {
      client: [{ packet: 2, time: '2026-11-23T11:26:47.000310Z' }],
      server: [{ packet: 3, time: '2026-11-23T11:26:47.000310Z' }],
    },
    synTrafficClass: { client: 16, server: 0 },
    resets: [
      {
        packet: 3,
        time: '2026-11-23T11:26:46.000310Z',
        from: 'server',
        ack: true,
        hopLimit: 63,
        ipId: 0,
        window: 0,
        optionsLength: 0,
        trafficClass: 16,
        previousIpId: 4711,
        timestamps: true,
        spokeAfter: 5,
      },
    ],
    icmp: [
      {
        packet: 2,
        time: '2026-11-23T11:26:46.000310Z',
        reporter: '10.77.1.1',
        ipVersion: 4,
        type: 3,
        code: 4,
        about: 'client',
        mtu: 1400,
        hopLimit: 64,
      },
    ],
    markings: { client: [{ packet: 9, dscp: 46 }], server: [{ packet: 11, dscp: 0 }] },
    last: { client: everyLastWord(1), server: everyLastWord(2) },
  },
  timing: {
    connectMs: 0.3,
    synAckMs: 0.2,
    ackMs: 0.1,
    identificationMs: 12.5,
    kexMs: 30.25,
    authMs: 80.1,
    idleBeforeEndMs: 2000.5,
    idleBeforeUnansweredMs: 300_000.25,
  },
  notes: ['SSH 1.x offered', 'no strict key exchange'],
  timeline: [
    { packet: 1, time: '2026-11-23T11:26:46.000000Z', from: 'client', what: 'SYN', detail: 'x' },
    { packet: 2, time: '2026-11-23T11:26:46.000001Z', from: 'path', what: 'ICMP', detail: 'type 3 code 4' },
    { packet: 3, time: '2026-11-23T11:26:46.000002Z', from: 'server', what: 'RST', detail: 'y' },
  ],
  anomalies: [
    { code: 'unexpected-message', layer: 'ssh', direction: 'client-to-server', packet: 3 },
    { code: 'overlap-differs', layer: 'tcp', direction: 'server-to-client', packet: 4 },
  ],
  surroundings: {
    server: {
      ...everyOther(),
      software: 'OpenSSH_9.2p1',
      hopLimits: [63],
      synAckMs: 0.31,
      identificationMs: 8.2,
      markings: { answered: [0], unanswered: [18, 46] },
      unauthenticated: { sessions: 10, packets: [1, 4, 7] },
      together: { sessions: 3, clients: 2, packets: [100, 103] },
      survivors: 4,
      closedAfterMs: [120_000, 120_004],
    },
    client: {
      ...everyOther(),
      earlier: [
        { session: 1, fate: 'close-during-auth', cause: 'authentication-failed', agoMs: 4200, packet: 1 },
      ],
      later: [{ session: 12, fate: 'fin-before-banner', inMs: 1000, packet: 300 }],
      servers: 3,
      ports: 2,
    },
    neighbour: {
      requests: 3,
      replies: 0,
      first: { packet: 1, time: '2026-11-23T11:26:46.000310Z' },
      last: { packet: 9, time: '2026-11-23T11:26:49.000310Z' },
    },
    gateway: {
      address: '10.77.2.1',
      requests: 3,
      first: { packet: 1, time: '2026-11-23T11:26:46.000310Z' },
      last: { packet: 9, time: '2026-11-23T11:26:49.000310Z' },
    },
  },
  observed: {
    handshake: 'midway',
    stage: 'unknown',
    stageInferred: true,
    closes: [
      {
        side: 'client',
        kind: 'fin',
        packet: 1_234_567_890,
        atMs: 1.000001,
        stage: 'kex',
        byOrder: true,
        afterPeerClose: true,
        unacknowledged: true,
        forged: true,
      },
      {
        side: 'server',
        kind: 'rst',
        packet: 3,
        atMs: 1e-7,
        stage: 'unknown',
        byOrder: false,
        afterPeerClose: false,
        unacknowledged: false,
        forged: false,
      },
    ],
    icmp: { packet: 2, type: 3, code: 13, ipVersion: 4 },
    owed: { by: 'server', what: 'its identification string', silent: true },
    foreign: true,
    clientAskedToLeave: true,
    missing: 'snap-length',
    oneDirection: 'client-to-server',
  },
};

export function cause(id: string, packet: number, overrides: Partial<Cause> = {}): Cause {
  return {
    id,
    confidence: 'certain',
    summary: `The summary of ${id}`,
    evidence: [{ packet, time: '2026-11-23T11:26:46.000310Z', what: `what packet ${packet} shows` }],
    nextSteps: ['do this', 'then that'],
    ...overrides,
  };
}

/** What the engine hands to a reporter for this record, its times relative to `epoch`. */
export function reported(record: SessionRecord, epoch = '2026-11-23T11:26:46.000000Z'): ReportedSession {
  return {
    ...record,
    causeId: record.cause?.id,
    firstPacket: record.packets.first,
    startNs: (Date.parse(record.start) - Date.parse(epoch)) * 1e6,
    endNs: (Date.parse(record.end) - Date.parse(epoch)) * 1e6,
    ipVersion: record.client.address.includes(':') ? 6 : 4,
    clientAddressWords: words(record.client.address),
    serverAddressWords: words(record.server.address),
    clientPort: record.client.port,
    serverPort: record.server.port,
    toJSON: () => record,
  };
}

function words(address: string): AddressWords {
  return parseAddress(address)?.words ?? [0, 0, 0, 0];
}

export function captureRecord(overrides: Partial<CaptureRecord> = {}): CaptureRecord {
  return {
    name: 'closed.pcap',
    format: 'pcap',
    gzip: false,
    linkTypes: [1],
    precision: 'us',
    packets: 12,
    bytes: 3250,
    start: '2026-11-23T11:26:46.000000Z',
    end: '2026-11-23T11:27:16.000000Z',
    snapLength: 262_144,
    cutPackets: 0,
    drops: undefined,
    damage: undefined,
    skipped: { 'not-tcp': 2 },
    limits: {},
    ...overrides,
  };
}

function everyEndpoint(address: string) {
  return {
    address,
    port: 22,
    identification: 'SSH-2.0-x y',
    software: 'x',
    hassh: '472b5de333ad665af5cbf10ff892c4df',
    hasshServer: '671c5858369db8e0a60108d866bbf8ec',
    hostKey: { algorithm: 'ssh-ed25519', fingerprint: 'SHA256:sb/01iPSh2CGDR725EjOSTyry/2pOunC6Zr2wHvMONM' },
    text: ['Exceeded MaxStartups'],
    foreign: { packet: 4, time: '2026-11-23T11:26:46.000310Z', protocol: 'http', head: 'HTTP/1.0 400' },
  };
}

function everyLastWord(packet: number) {
  const data = { packet, time: '2026-11-23T11:26:46.000310Z', bytes: 1448 };
  return {
    data: [data],
    unanswered: [data, { ...data, packet: packet + 1 }],
    heardAfter: 9,
    probes: 3,
    largestBytes: 1448,
    largestDeliveredBytes: 536,
    sack: data,
    hole: data,
  };
}

function everyOther() {
  const fates = Object.fromEntries(FATES.map((fate) => [fate, 1])) as Record<Fate, number>;
  return { sessions: 20, clients: 3, answered: 18, identified: 12, authenticated: 4, fates };
}

function timeline(
  entries: readonly (readonly [TimelineEntry['from'], string, string?])[],
): readonly TimelineEntry[] {
  return entries.map(([from, what, detail], i) => ({
    packet: i + 1,
    time: `2026-11-23T11:26:46.${String(i * 1001).padStart(6, '0')}Z`,
    from,
    what,
    ...(detail !== undefined && { detail }),
  }));
}
