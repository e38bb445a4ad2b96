import { describe, expect, it } from 'vitest';
import { classifyFate } from '../../src/fate/classify.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import {
  analyzeBytes,
  mutate,
  recordsIn,
  samples,
  seeded,
  violation,
  withDamagedPackets,
  withWrongChecksums,
} from './mutate.ts';

const SAMPLES = samples();
/** Of each capture; `npm run fuzz` tries many more. */
const MUTATIONS = 8;

describe('broken captures', () => {
  it.each(SAMPLES)(
    'of $name break no guarantee, whatever is cut, flipped, lost or doubled',
    async (sample) => {
      for (let seed = 0; seed < MUTATIONS; seed++) {
        const random = seeded(seed * 7919 + sample.bytes.length);
        const started = performance.now();
        const broken = mutate(sample.bytes, random);
        // To write reports takes ten times as long.
        const analysis = await analyzeBytes(broken, [broken], { reports: seed === 0 });
        expect(violation(analysis), `seed ${seed}`).toBeUndefined();
        expect(performance.now() - started).toBeLessThan(5000);
      }
    },
  );
});

/** All but the counters of what came twice. */
function judged(record: SessionRecord) {
  const { fate, stage, ending, endedBy, certainty, client, server, bytes, kex, auth } = record;
  return {
    fate,
    stage,
    ending,
    endedBy,
    certainty,
    client: { ...client, foreign: client.foreign?.protocol },
    server: { ...server, foreign: server.foreign?.protocol },
    bytes,
    auth,
    kex: { ...kex, messages: kex?.messages.map((message) => `${message.from} ${message.name}`) },
    cause: record.cause?.id,
  };
}

describe('the same session, captured otherwise', () => {
  it.each(SAMPLES)('$name: every cut of the file gives the same records', async ({ bytes }) => {
    const whole = await analyzeBytes(bytes);
    const random = seeded(bytes.length);
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + random(random(4) === 0 ? 5 : 900);
      chunks.push(bytes.subarray(at, end));
      at = end;
    }
    expect((await analyzeBytes(bytes, chunks)).records).toEqual(whole.records);
  });

  it.each(SAMPLES)('$name: every packet twice gives the same verdicts', async ({ bytes }) => {
    const parts = recordsIn(bytes);
    if (parts === undefined) return;
    const whole = await analyzeBytes(bytes);
    const twice = Buffer.concat([parts.header, ...parts.records.flatMap((record) => [record, record])]);
    const doubled = await analyzeBytes(twice);
    expect(doubled.records.map(judged)).toEqual(whole.records.map(judged));
  });

  it.each(SAMPLES)('$name: packets that were damaged on their way change nothing', async ({ bytes }) => {
    const whole = await analyzeBytes(bytes);
    for (let seed = 0; seed < 4; seed++) {
      const damaged = withDamagedPackets(bytes, seeded(seed * 7919 + bytes.length));
      if (damaged === undefined) return;
      expect((await analyzeBytes(damaged)).records.map(judged), `seed ${seed}`).toEqual(
        whole.records.map(judged),
      );
    }
  });

  it.each(SAMPLES)('$name: checksums that are wrong throughout change nothing', async ({ bytes }) => {
    // What begins with a wrong one gets its number a packet later.
    const ofPorts = (records: readonly SessionRecord[]) =>
      records.map(judged).sort((a, b) => a.client.port - b.client.port);
    const whole = await analyzeBytes(bytes);
    for (let seed = 0; seed < 4; seed++) {
      const wrong = withWrongChecksums(bytes, seeded(seed * 7919 + bytes.length));
      if (wrong === undefined) return;
      expect(ofPorts((await analyzeBytes(wrong)).records), `seed ${seed}`).toEqual(ofPorts(whole.records));
    }
  });

  it.each(SAMPLES)('$name: a saved record is judged the same without its capture', async ({ bytes }) => {
    for (const record of (await analyzeBytes(bytes)).records) {
      const { fate, stage, ending, endedBy, certainty } = record;
      expect(classifyFate(record.observed)).toMatchObject({ fate, stage, ending, endedBy, certainty });
    }
  });
});
