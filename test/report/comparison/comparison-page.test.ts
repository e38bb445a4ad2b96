import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inCaptures } from '../../../scripts/lab/manifest.ts';
import type { Comparison, JointSession } from '../../../src/compare/comparison.ts';
import type { Exchange } from '../../../src/compare/exchange.ts';
import { compareCaptures } from '../../../src/index.ts';
import { byTelling, comparisonPage } from '../../../src/report/comparison/comparison-page.ts';
import { COMPARISON_WRITERS } from '../../../src/report/comparison/render.ts';
import { HOSTILE_TEXTS } from '../hostile-texts.ts';

async function reported(...files: readonly string[]) {
  const exchanges = new Map<JointSession, Exchange>();
  const comparison = await compareCaptures(files.map(inCaptures), {
    onSession: (session, exchange) => exchanges.set(session, exchange()),
  });
  const listed = [...comparison.sessions].sort(byTelling);
  return { comparison, listed, detailed: listed, exchanges, generator: 'sshfate 1.2.3' };
}

const GOLDEN = path.join(import.meta.dirname, 'golden');
const names = [
  'close-during-kex-forged-reset-to-client',
  'stalled-during-kex-path-mtu',
  'closed-in-session-by-haproxy',
];

describe('the page of a comparison', () => {
  it.each(names)('of %s reads as it did', async (name) => {
    const one = await reported(`${name}.client.pcap`, `${name}.server.pcap`);
    // Captures lie in another folder on another machine.
    const plain = (text: string): string =>
      text.replaceAll(`${inCaptures('')}/`, '').replaceAll(inCaptures(''), '');
    await expect(plain(COMPARISON_WRITERS.markdown(one, 80))).toMatchFileSnapshot(
      path.join(GOLDEN, `${name}.golden.md`),
    );
  });

  it('says first how many broke where', async () => {
    const { verdict } = comparisonPage(await reported('completed.client.pcap', 'completed.server.pcap'));
    expect(verdict).toBe('1 session, 1 in more than one capture: nothing was wrong');
    const other = await reported('completed.client.pcap', 'open.server.pcap');
    expect(comparisonPage(other).verdict).toBe('None of 2 sessions is in more than one capture');
    expect(comparisonPage(other).lead).toHaveLength(1);
  });

  it('says it, too, where it is an end or the path up to it', async () => {
    const name = 'no-syn-ack-seen-in-between';
    const one = await reported(`${name}.client.pcap`, `${name}.router.pcap`);
    const { verdict, sections } = comparisonPage(one);
    expect(verdict).toBe(
      '2 sessions, 2 in more than one capture: 1 by the client, 1 by the server or the path',
    );
    const text = COMPARISON_WRITERS.table({ ...one, exchanges: new Map() }, 200);
    expect(text).toMatch(/^Session \d: the server or the path$/m);
    expect(sections.length).toBeGreaterThan(1);
    // Of a part of the sessions, the summary knows how many there are in all.
    const part = { ...one.comparison, sessions: one.comparison.sessions.slice(1) };
    expect(comparisonPage({ ...one, comparison: part }).verdict).toMatch(/^2 sessions, .* 1 by the client/);
  });

  it('has the sessions that broke on the path before those that an end broke', () => {
    const at = (place: string, session: number) =>
      ({ session, verdict: { place } }) as unknown as JointSession;
    const sorted = [at('nowhere', 1), at('client', 2), at('path', 3), at('server', 4)].sort(byTelling);
    expect(sorted.map(({ session }) => session)).toEqual([3, 4, 2, 1]);
  });

  it('tells the clocks and what a capture misses', async () => {
    const one = await reported('completed.client.pcap', 'completed.server.pcap');
    const [first, second] = one.comparison.captures;
    const comparison: Comparison = {
      ...one.comparison,
      captures: [
        first as never,
        {
          ...(second as NonNullable<typeof second>),
          clock: { offsetMs: 37_000.25, errorMs: 0.5, driftPpm: -50 },
          missed: { packets: 12, share: 0.2 },
        },
      ],
    };
    const text = COMPARISON_WRITERS.table({ ...one, comparison }, 400);
    expect(text).toMatch(/\+37\.000250 s ± 0\.500 ms, -50\.0 ppm/);
    expect(text).toMatch(/12 packets \(20\.0 %\)/);
  });
});

describe('hostile texts', () => {
  it.each(HOSTILE_TEXTS)('%j stay texts in every format', async (text) => {
    const one = await reported('completed.client.pcap', 'completed.server.pcap');
    const [session] = one.comparison.sessions as [JointSession];
    const hostile: JointSession = {
      ...session,
      seen: session.seen.map((seen) => ({ ...seen, capture: text })),
      verdict: {
        ...session.verdict,
        place: 'path',
        summary: text,
        between: { after: text },
        nextSteps: [text],
      },
    };
    const comparison = { ...one.comparison, sessions: [hostile] };
    const exchanges = new Map([[hostile, one.exchanges.get(session) as Exchange]]);
    const all = { ...one, comparison, listed: [hostile], detailed: [hostile], exchanges };
    expect(JSON.parse(COMPARISON_WRITERS.json(all, 80)).sessions[0].verdict.summary).toBe(text);
    expect(COMPARISON_WRITERS.ndjson(all, 80).trimEnd().split('\n')).toHaveLength(2);
    const html = COMPARISON_WRITERS.html(all, 80);
    expect(html).not.toMatch(/<script|<img|<svg\/onload/i);
    // Neither format lets a control character through.
    for (const written of [html, COMPARISON_WRITERS.table(all, 80), COMPARISON_WRITERS.markdown(all, 80)]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
      expect(written).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    }
  });
});
