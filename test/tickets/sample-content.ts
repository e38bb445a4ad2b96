import type { Finding } from '../../src/report/document.ts';
import { attachment, type TicketContent } from '../../src/tickets/ticket-content.ts';

export function sampleFinding(changes: Partial<Finding> = {}): Finding {
  return {
    id: 'f3f65ffcae',
    title: '198.51.100.20:22: closed during the key exchange (no-common-kex)',
    severity: 'high',
    server: '198.51.100.20:22',
    fate: 'close-during-kex',
    firstSeen: '2026-11-23T23:12:39.000001Z',
    lastSeen: '2026-11-23T23:14:00.500000Z',
    sessions: 1234,
    clients: 2,
    topClients: [{ address: '192.0.2.10', sessions: 1200 }],
    examples: [{ capture: 'dump.pcap', session: 3, packets: [8, 9] }],
    cause: {
      id: 'no-common-kex',
      confidence: 'certain',
      summary: 'Client and server have no key exchange method in common.',
      evidence: [
        { packet: 8, time: '2026-11-23T23:12:39.010128Z', what: "the client's proposal: x@openssh.com" },
      ],
      nextSteps: ['On the server: `sshd -t && systemctl reload ssh`', 'On the client: nothing'],
    },
    ...changes,
  };
}

export function sampleContent(changes: Partial<TicketContent> = {}): TicketContent {
  return {
    captures: [{ name: 'dump.pcap', start: '2026-11-23T23:12:38.000000Z' }],
    sessions: 2000,
    findings: [sampleFinding()],
    attachments: [
      attachment('ssh-report', 'html', 'text/html', 'the report', Buffer.from('<p>report</p>')),
      attachment(
        'dump',
        'pcapng',
        'application/x-pcapng',
        'evidence',
        Buffer.from([10, 13, 13, 10, 0, 255, 128]),
      ),
    ],
    notAttached: [],
    version: '9.9.9',
    ...changes,
  };
}
