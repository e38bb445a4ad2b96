import { describe, expect, test } from 'vitest';
import { packetComments, sectionComment } from '../../src/evidence/evidence-comments.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { captureNamed, judged } from './extracting.ts';

const [, record] = await judged(captureNamed('before-banner-max-startups.server'));
const session = (changes: Partial<SessionRecord>) => ({
  number: 7,
  record: { ...(record as SessionRecord), ...changes },
  isSame: true,
});

/** A terminal escape, a line end, a bidi mark in UTF-8, and a NUL. */
const HOSTILE = 'SSH-2.0-\x1b[2J\n\xe2\x80\xaeevil\x00';
const HARMLESS = 'SSH-2.0-\\x1b[2J\\x0a\\u202eevil\\x00';

describe('comments on packets', () => {
  test('say which packet of what it is, which session, and what it shows', () => {
    const comments = packetComments([session({})], (packet) => `packet ${packet + 100} of dump.pcap`);
    const all = [...comments.values()].flat();
    expect(all).toContain('packet 106 of dump.pcap, session 7, client: SYN');
    expect(all.some((comment) => /evidence of max-startups \(certain\): the server says/.test(comment))).toBe(
      true,
    );
    for (const [packet, list] of comments) {
      for (const comment of list) expect(comment.startsWith(`packet ${packet + 100} of`)).toBe(true);
    }
  });

  test('spell out what is hostile', () => {
    const timeline = [
      { packet: 3, time: '', from: 'client' as const, what: 'identification string', detail: HOSTILE },
    ];
    const cause = {
      ...{ id: 'x', confidence: 'likely' as const, summary: HOSTILE, nextSteps: [HOSTILE] },
      evidence: [{ packet: 3, time: '', what: HOSTILE }],
    };
    const list = packetComments([session({ timeline, cause })], () => 'packet 3').get(3) ?? [];
    expect(list.length).toBe(2);
    for (const comment of list) expect(comment).toContain(HARMLESS);
    const whole = sectionComment({
      ...{ application: 'sshfate 0', packets: 1, notes: [HOSTILE] },
      source: { name: HOSTILE, sha256: 'ab', packets: 9 },
      sessions: [session({ timeline, cause })],
    });
    for (const line of whole.split('\n')) expect(line).toMatch(/^[ -~]*$/);
    expect(whole.split(HARMLESS).length - 1).toBe(5);
  });
});

describe('the comment of the file', () => {
  const section = (sessions: ReturnType<typeof session>[]): string =>
    sectionComment({
      ...{ application: 'sshfate 1.2.3', packets: 21, notes: ['A note.'], sessions },
      source: { name: 'dump.pcap', sha256: 'ab12', packets: 2100 },
    });

  test('gives the verdict: fate, cause, evidence, next steps, source and tool', () => {
    const lines = section([session({})]).split('\n');
    expect(lines[0]).toBe('Evidence by sshfate 1.2.3: 21 of the 2,100 packets of dump.pcap (SHA-256 ab12).');
    expect(lines).toContain('A note.');
    expect(
      lines.find((line) => line.startsWith('Session 7 (session 2 in this file): 192.0.2.10:')),
    ).toBeDefined();
    expect(lines.find((line) => line.startsWith('Fate: fin-before-banner ('))).toMatch(
      /ended by server at stage tcp/,
    );
    expect(lines.find((line) => line.startsWith('Cause: max-startups (certain). '))).toBeDefined();
    expect(lines.filter((line) => line.startsWith('Evidence: packet ')).length).toBeGreaterThan(0);
    expect(lines.filter((line) => line.startsWith('Next: ')).length).toBeGreaterThan(0);
  });

  test('says where the file shows less', () => {
    expect(section([{ ...session({}), isSame: false }])).toContain(
      'does not show all that this verdict rests on',
    );
  });

  test('has an end, however many sessions there are', () => {
    const comment = section(Array.from({ length: 1000 }, () => session({})));
    expect(comment).toMatch(/And 980 more sessions of the same finding\.$/);
    expect(Buffer.byteLength(comment)).toBeLessThan(65_536);
  });
});
