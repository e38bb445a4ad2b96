import { describe, expect, it } from 'vitest';
import { contentText, findingsDocument, leadDocument, subject } from '../../src/tickets/findings-document.ts';
import { noteText } from '../../src/tickets/markup/plain-text.ts';
import { sampleContent, sampleFinding } from './sample-content.ts';

const FULL = { detail: 'full', told: 50, files: [] } as const;
const shown = (...parameters: Parameters<typeof findingsDocument>): string =>
  String(noteText.write(findingsDocument(...parameters), 'm'));

describe('The findings on a ticket', () => {
  it('say what, how often, why, by which packets, and what to do', () => {
    expect(shown(sampleContent(), FULL)).toBe(
      [
        '1 finding (1 high) in 2,000 SSH sessions of 1 capture\n=====================================================',
        '198.51.100.20:22: closed during the key exchange (no-common-kex)',
        'high severity, 1,234 sessions of 2 clients, 2026-11-23 23:12:39 UTC to 2026-11-23 23:14:00 UTC, finding f3f65ffcae',
        'no-common-kex (certain: the packets say so). Client and server have no key exchange method in common.',
        'Evidence',
        "- packet 8, 2026-11-23 23:12:39 UTC: the client's proposal: x@openssh.com\n- for example dump.pcap, session 3, packets 8, 9",
        'Next steps',
        '1. On the server: `sshd -t && systemctl reload ssh`\n2. On the client: nothing',
        'sshfate 9.9.9 read dump.pcap.',
        'Written by sshfate, m',
      ].join('\n\n'),
    );
  });
  it('give a finding without a cause the meaning of its fate, and a pattern its own words', () => {
    const { cause: _, ...bare } = sampleFinding();
    expect(shown(sampleContent({ findings: [bare] }), FULL)).toContain('A KEXINIT was sent');
    const pattern = {
      ...bare,
      pattern: 'outage',
      summary: 'All at once.',
      nextSteps: ['Look at `dmesg -T`'],
    };
    expect(shown(sampleContent({ findings: [pattern] }), FULL)).toMatch(
      /All at once\.[\s\S]*1\. Look at `dmesg -T`/,
    );
  });
  it('have an overview when there are several', () => {
    const findings = [
      sampleFinding(),
      sampleFinding({ id: '0123456789', severity: 'low', clientsAtLeast: true }),
    ];
    expect(shown(sampleContent({ findings }), FULL)).toContain(
      '- Severity: low, Finding: 198.51.100.20:22: closed during the key exchange (no-common-kex), Sessions: 1,234, Clients: at least 2',
    );
  });
  it('shorten what the wire made endless, with commands whole or closed', () => {
    const endless = `The client offers \`${'very-long-name,'.repeat(3000)}\`.`;
    const text = shown(
      sampleContent({
        findings: [sampleFinding({ cause: { ...sampleFinding().cause!, summary: endless } })],
      }),
      FULL,
    );
    expect(text.length).toBeLessThan(4_000);
    expect(text).toMatch(/… \(43,\d{3} more characters\)/);
  });
  it('name the files with their digests, and what could not be attached', () => {
    const content = sampleContent({ notAttached: ['`big.pcapng` is not attached: too large.'] });
    const text = shown(content, {
      ...FULL,
      files: [{ name: 'a.html', label: 'the report', sizeBytes: 20_468, sha256: 'ab12' }],
    });
    expect(text).toContain(
      '- a.html: the report, 20.5 kB, SHA-256 ab12\n- big.pcapng is not attached: too large.',
    );
  });
  it('are another content when anything in them changes, but not of another version', () => {
    const names = ['a.html'];
    const one = contentText(sampleContent(), names);
    expect(contentText(sampleContent({ version: '10.0.0' }), names)).toBe(one);
    expect(contentText(sampleContent(), ['b.html'])).not.toBe(one);
    expect(contentText(sampleContent({ findings: [sampleFinding({ sessions: 1235 })] }), names)).not.toBe(
      one,
    );
    expect(contentText(sampleContent({ notAttached: ['x'] }), names)).not.toBe(one);
  });
});

describe('A new ticket', () => {
  it('is called after the worst finding', () => {
    expect(subject(sampleContent())).toBe(
      'SSH: 198.51.100.20:22: closed during the key exchange (no-common-kex)',
    );
    const findings = [sampleFinding({ title: 'x'.repeat(500) }), sampleFinding(), sampleFinding()];
    expect(subject(sampleContent({ findings }))).toMatch(/^SSH: x+…x*, and 2 more findings$/);
    expect(subject(sampleContent({ findings })).length).toBeLessThan(150);
  });
  it('says what it is about', () => {
    expect(noteText.write(leadDocument(sampleContent()), 'm')).toContain('The details follow in a comment.');
  });
});
