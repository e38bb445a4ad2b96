import path from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { analyzeCapture } from '../../src/engine.ts';
import { EvidenceError } from '../../src/evidence/evidence-error.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { CAPTURES, captureNamed, captureNames, extracted, judged, KEY, packetsOf } from './extracting.ts';

/** What a reader of the evidence is to be told again; packet numbers are those of the capture that it is taken from. */
function told(record: SessionRecord, original: (packet: number) => number | undefined, quotes = true) {
  const { fate, stage, ending, endedBy, certainty, reason, cause, alternatives } = record;
  return {
    ...{ fate, stage, ending, endedBy, certainty, reason },
    cause: cause?.id,
    confidence: cause?.confidence,
    alternatives: alternatives?.map(({ id }) => id),
    evidence: cause?.evidence.map(({ packet, time, what }) => ({
      packet: original(packet),
      time,
      // Sentences that list packets are compared by them.
      what: quotes
        ? what.replace(/(begins? with|in) packet [\d, ]+/g, (list) =>
            list.replace(/\d+/g, (number) => String(original(Number(number)))),
          )
        : undefined,
    })),
    ...(quotes && { summary: cause?.summary.replace(/in packet \d+/, ''), nextSteps: cause?.nextSteps }),
  };
}

describe('every session of every shipped capture', () => {
  test.each(captureNames)('%s is judged from its own evidence as from the whole capture', async (name) => {
    const file = `${CAPTURES}/${name}`;
    for (const record of await judged(file)) {
      const { evidence, file: bytes } = await extracted(file, { sessions: [record.session] });
      const { packets } = await packetsOf(bytes);
      const original = (packet: number) => packets[packet - 1]?.packetId;
      const again = (await judged(bytes)).find((one) => original(one.packets.first) === record.packets.first);
      expect(again && told(again, original)).toEqual(told(record, (packet) => packet));
      expect(evidence.sessions[0]?.isSame).toBe(true);
      expect(evidence.notes).toEqual([]);
    }
  });

  test.each(captureNames)('%s is judged the same without payload and names', async (name) => {
    const file = `${CAPTURES}/${name}`;
    for (const record of await judged(file)) {
      const { evidence, file: bytes } = await extracted(
        file,
        { sessions: [record.session] },
        { stripPayload: true, anonymizationKey: KEY },
      );
      const { packets } = await packetsOf(bytes);
      const original = (packet: number) => packets[packet - 1]?.packetId;
      const again = (await judged(bytes)).find((one) => original(one.packets.first) === record.packets.first);
      expect(again && told(again, original, false)).toEqual(told(record, (packet) => packet, false));
      expect(evidence.sessions[0]?.isSame).toBe(true);
    }
  });
});

test('the file is as long as its packets, and says when the capture ended that it is taken from', async () => {
  const file = captureNamed('close-during-auth-guessing.server');
  const whole = await analyzeCapture(file, {}, () => {});
  const { file: bytes } = await extracted(file, { sessions: [3] });
  const ends: string[] = [];
  const piece = await analyzeCapture(Readable.from([bytes]), {}, (session) => ends.push(session.end));
  expect(piece.packets).toBeLessThan(whole.packets);
  expect(piece.end).toBe(ends[0]);
  expect(piece.sourceEnd).toBe(whole.end);
  expect(whole.sourceEnd).toBeUndefined();
});

test('a gateway that does not answer the server is in the evidence, also under another name', async () => {
  const file = path.join(import.meta.dirname, 'server-without-gateway.pcap');
  const [record] = await judged(file);
  expect(record?.cause).toMatchObject({ id: 'return-path-drop', confidence: 'likely' });
  expect(record?.cause?.summary).toContain('10.91.2.99');
  const { evidence, file: bytes } = await extracted(file, { sessions: [1] }, { anonymizationKey: KEY });
  expect(evidence.sessions[0]?.isSame).toBe(true);
  const [again] = await judged(bytes);
  expect(again?.cause?.id).toBe('return-path-drop');
  expect(again?.cause?.summary).not.toContain('10.91.');
});

describe('packets', () => {
  test('are those of the session, byte by byte, with their times, lengths and numbers', async () => {
    const file = captureNamed('close-during-auth-guessing.client');
    const [first] = await judged(file);
    const { file: bytes, evidence } = await extracted(file, { sessions: [first?.session ?? 0] });
    const source = (await packetsOf(file)).packets;
    const { packets } = await packetsOf(bytes);
    expect(packets.length).toBe(evidence.packets);
    for (const packet of packets) {
      const original = source[(packet.packetId ?? 0) - 1];
      expect(packet.bytes.equals(original?.bytes as Buffer)).toBe(true);
      expect(packet.originalLength).toBe(original?.originalLength);
      expect(packet.timeNs).toBe(original?.timeNs);
    }
    const own = (first?.packets.clientToServer ?? 0) + (first?.packets.serverToClient ?? 0);
    expect(packets.length).toBeGreaterThanOrEqual(own);
  });

  test('of an ICMP error that quotes the session are among them', async () => {
    const file = captureNamed('icmp-during-kex.client');
    const [record] = await judged(file);
    const icmp = record?.tcp.icmp?.map(({ packet }) => packet) ?? [];
    expect(icmp.length).toBeGreaterThan(0);
    const { packets } = await packetsOf((await extracted(file, { sessions: [1] })).file);
    expect(packets.map(({ packetId }) => packetId)).toEqual(expect.arrayContaining(icmp));
  });

  test('that were asked on the link for the server are among them', async () => {
    const file = captureNamed('icmp-after-syn-host-unreachable.client');
    const [record] = await judged(file);
    const { packets } = await packetsOf((await extracted(file, { sessions: [1] })).file);
    const { neighbour } = record?.surroundings ?? {};
    const ids = packets.map(({ packetId }) => packetId);
    if (neighbour !== undefined) expect(ids).toContain(neighbour.first.packet);
    expect(ids).toContain(record?.packets.first);
  });
});

describe('evidence of evidence', () => {
  test('still has the numbers of the first capture', async () => {
    const { writeFileSync, mkdtempSync, rmSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const folder = mkdtempSync(`${tmpdir()}/sshfate-evidence-`);
    try {
      const file = captureNamed('before-banner-max-startups.server');
      const first = await extracted(file, { sessions: [3] });
      writeFileSync(`${folder}/first.pcapng`, first.file);
      const { packets } = await packetsOf(first.file);
      const inside = (await judged(first.file)).find((one) =>
        packets[one.packets.first - 1]?.comments.some((comment) =>
          comment.includes('session 3, client: SYN'),
        ),
      );
      const second = await extracted(`${folder}/first.pcapng`, { sessions: [inside?.session ?? 0] });
      const again = (await packetsOf(second.file)).packets;
      expect(again.map(({ packetId }) => packetId)).toEqual(
        packets.map(({ packetId }) => packetId).filter((id) => again.some((one) => one.packetId === id)),
      );
      expect(second.evidence.sessions[0]?.isSame).toBe(true);
      const syn = again.find(({ comments }) =>
        comments.some((comment) => comment.includes('session 3, client: SYN')),
      );
      // What was said of it before is kept beside what is said now.
      expect(syn?.comments.length).toBeGreaterThanOrEqual(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a finding', () => {
  test('gives the sessions that share server, fate and cause', async () => {
    const file = captureNamed('fin-before-banner-health-check.server');
    const { FindingAggregator } = await import('../../src/report/findings.ts');
    const { analyzeCapture } = await import('../../src/engine.ts');
    const aggregator = new FindingAggregator();
    aggregator.captureEnded(await analyzeCapture(file, {}, (session) => void aggregator.add(session)));
    for (const finding of aggregator.findings()) {
      const { evidence } = await extracted(file, { finding: finding.id });
      expect(evidence.finding).toEqual(finding);
      expect(evidence.sessions.length).toBe(finding.sessions);
      expect(evidence.sessions.every(({ isSame }) => isSame)).toBe(true);
    }
    expect(aggregator.findings().length).toBeGreaterThan(0);
  });

  test('of a pattern gives enough to find the pattern again', async () => {
    const { PatternFindings } = await import('../../src/report/pattern-findings.ts');
    const { analyzeCapture } = await import('../../src/engine.ts');
    const { openCapture } = await import('../../src/capture/open-capture.ts');
    const { Readable } = await import('node:stream');
    const patternsOf = async (input: string | Buffer) => {
      const patterns = new PatternFindings();
      const capture = await openCapture(typeof input === 'string' ? input : Readable.from([input]));
      patterns.captureEnded(await analyzeCapture(capture, {}, (session) => patterns.add(session)));
      capture.close();
      return patterns.findings();
    };
    let found = 0;
    for (const name of captureNames) {
      const file = `${CAPTURES}/${name}`;
      for (const finding of await patternsOf(file)) {
        found++;
        const { file: bytes } = await extracted(file, { finding: finding.id });
        const again = (await patternsOf(bytes)).find(({ id }) => id === finding.id);
        expect(again, `${name} ${finding.title}`).toMatchObject({
          title: finding.title,
          sessions: finding.sessions,
        });
      }
    }
    expect(found).toBeGreaterThan(3);
  });
});

describe('a limit on the size', () => {
  const file = captureNamed('completed-scp.client');

  test('is kept, with a word on what it cost, and the decisive packets first', async () => {
    const whole = await extracted(file, { sessions: [1] });
    const [record] = await judged(file);
    for (const maxBytes of [whole.file.length + 4000, 20_000, 12_000]) {
      const { evidence, file: bytes } = await extracted(file, { sessions: [1] }, { maxBytes });
      expect(bytes.length).toBeLessThanOrEqual(maxBytes);
      expect(evidence.bytes).toBe(bytes.length);
      if (maxBytes < whole.file.length) expect(evidence.notes.join(' ')).toMatch(/To keep the file small/);
      else expect(evidence.notes).toEqual([]);
      const ids = (await packetsOf(bytes)).packets.map(({ packetId }) => packetId);
      expect(ids).toEqual(expect.arrayContaining(record?.timeline.map(({ packet }) => packet) ?? []));
    }
  });

  test('cuts encrypted payload before it leaves packets out, and so keeps the verdict', async () => {
    const whole = await extracted(file, { sessions: [1] });
    const { evidence } = await extracted(file, { sessions: [1] }, { maxBytes: whole.file.length - 5000 });
    expect(evidence.packets).toBe(whole.evidence.packets);
    expect(evidence.sessions[0]?.isSame).toBe(true);
  });

  test('that nothing fits into is refused', async () => {
    await expect(extracted(file, { sessions: [1] }, { maxBytes: 1000 })).rejects.toThrow(EvidenceError);
  });
});

test('a session or a finding that is not there is named in the error', async () => {
  const file = captureNamed('completed-scp.client');
  await expect(extracted(file, { sessions: [1, 7] })).rejects.toThrow(
    /no session 7: the capture's only session is 1/,
  );
  await expect(extracted(file, { finding: '0123456789' })).rejects.toThrow(/no finding '0123456789'/);
});

test.each(['judging', 'choosing packets', 'checking', 'writing'])(
  'an abort ends it, and never says that it is done: %s',
  async (when) => {
    const stop = new AbortController();
    const run = extracted(
      captureNamed('close-during-auth-guessing.server'),
      { sessions: [3] },
      {
        analysis: { signal: stop.signal },
        onPass: (pass) => {
          if (pass === when) stop.abort();
        },
      },
    );
    const error: unknown = await run.catch((reason) => reason);
    expect(stop.signal.aborted).toBe(true);
    expect(error).toBe(stop.signal.reason);
  },
);
