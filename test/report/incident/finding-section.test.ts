import { describe, expect, test } from 'vitest';
import { findingSection, sectionId } from '../../../src/report/incident/finding-section.ts';
import type { IncidentFinding } from '../../../src/report/incident/incident.ts';
import { textPage } from '../../../src/report/page/text.ts';
import { cause, EVERYTHING, noCommonKex, portClosed } from '../fixtures.ts';
import { incidentOf } from './incidents.ts';

const findingOf = (...records: Parameters<typeof incidentOf>[0][number][]) =>
  incidentOf(records).findings[0] as IncidentFinding;

function textOf(finding: IncidentFinding, told?: Map<string, IncidentFinding>): string {
  const section = findingSection(finding, false, told);
  return textPage({ title: '', verdict: '', lead: [], sections: [section] }, 300);
}

describe('a finding', () => {
  test('says its cause and how sure that is, and what to do', () => {
    const text = textOf(findingOf(portClosed()));
    expect(text).toContain('[HIGH] 10.77.2.2:22: THE CONNECTION WAS REFUSED WITH A RST (PORT-CLOSED)');
    expect(text).toContain('1 session from 1 client: 10.77.1.2. 2026-11-23 11:26:46 UTC.');
    expect(text).toContain(
      'Cause port-closed (certain: the packets say so). Nothing listens on 10.77.2.2 port 22',
    );
    expect(text).toContain("1. systemctl status ssh\n2. ss -ltn 'sport = :22'");
  });
  test('shows one session: its packets, what the client printed, and how to find it in Wireshark', () => {
    const text = textOf(findingOf(portClosed()));
    expect(text).toContain('Example: session 1');
    expect(text).toMatch(/^2 {2}\+0\.001001 s {2}\|<-+ RST \* -+\|$/m);
    expect(text).toContain('  ssh: connect to host 10.77.2.2 port 22: Connection refused');
    expect(text).toContain('ip.addr==10.77.1.2 && tcp.port==43974 && tcp.port==22 && frame.number in {1..2}');
  });
  test('has both proposals side by side where the negotiation failed, and only there', () => {
    const text = textOf(findingOf(noCommonKex()));
    expect(text).toMatch(
      /^key exchange: nothing in common +- diffie-hellman-group14-sha1 +- mlkem768x25519-sha256$/m,
    );
    expect(text).toMatch(/^compression, both ways +\* none +|^compression, both ways +[*=] none/m);
    expect(textOf(findingOf(portClosed()))).not.toContain('CLIENT OFFERS');
  });
  test('without a cause says what the fate means and what is usually behind it', () => {
    const { cause: _, ...unexplained } = portClosed();
    const text = textOf(findingOf(unexplained));
    expect(text).toContain("The client's SYN was answered with a RST instead of a SYN-ACK.");
    expect(text).toContain('- nothing listens: sshd is down');
  });
  test('tells what else fits, and which capture to take next', () => {
    const text = textOf({ ...findingOf(portClosed()), example: EVERYTHING });
    expect(text).toContain('- rejected-by-firewall (certain): The summary of rejected-by-firewall');
    expect(text).toContain(
      'Capture next at the server: It tells whether the SYN arrives.\n\n  tcpdump -i IFACE -w x.pcap',
    );
  });
  test('does not show a session twice on one page', () => {
    const finding = findingOf(portClosed());
    const told = new Map<string, IncidentFinding>();
    expect(textOf(finding, told)).toContain('RST *');
    const again = textOf({ ...finding, id: 'abcdef0123' }, told);
    expect(again).toContain('It is shown above, with the finding 10.77.2.2:22');
    expect(again).not.toContain('RST *');
  });
  test('bounds the texts of a session with very long ones', () => {
    const names = Array.from({ length: 3000 }, (_, i) => `algorithm-${i}`);
    const long = 'x'.repeat(100_000);
    const { kex, client } = noCommonKex();
    const proposal = { ...kex?.client, kexAlgorithms: names } as NonNullable<typeof kex>['client'];
    const text = textOf(
      findingOf(
        noCommonKex({
          client: { ...client, identification: long },
          kex: { ...kex, client: proposal, messages: [] },
          cause: cause('no-common-kex', 8, { summary: long, nextSteps: [long] }),
          clientMessage: long,
        }),
      ),
    );
    expect(text).toContain('and 2960 more');
    expect(text.length).toBeLessThan(30_000);
  });
});

test('The id of its section is that of the finding.', () => {
  const finding = findingOf(portClosed());
  expect(sectionId(finding)).toBe(`finding-${finding.id}`);
});
