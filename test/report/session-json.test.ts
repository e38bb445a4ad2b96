import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonBytes } from '../../src/report/json-bytes.ts';
import { writeSession } from '../../src/report/session-json.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { completed, EVERYTHING, hostile, noCommonKex, portClosed } from './fixtures.ts';

function written(record: SessionRecord): string {
  const json = new JsonBytes();
  writeSession(json, record);
  return new TextDecoder().decode(json.view());
}

describe('writeSession', () => {
  test('gives character for character what JSON.stringify gives', () => {
    expect(written(portClosed())).toBe(JSON.stringify(portClosed()));
    for (const record of [noCommonKex(), completed()]) expect(JSON.parse(written(record))).toEqual(record);
  });
  test('leaves no member of the record out', () => {
    expect(JSON.parse(written(EVERYTHING))).toEqual(EVERYTHING);
  });
  test('leaves out what is unknown', () => {
    const bare = portClosed({ cause: undefined, clientMessage: undefined, timeline: [], timing: {} });
    expect(JSON.parse(written(bare))).toEqual(JSON.parse(JSON.stringify(bare)));
    expect(written(bare)).not.toContain('"cause"');
  });
  test('writes hostile texts as ASCII that parses back to them', () => {
    const text = written(hostile());
    expect(text).toMatch(/^[ -~]*$/);
    expect(text).toContain(
      'SSH-2.0-\\u001b]0;owned\\u0007\\u001b[31m\\u009b2J\\u00e2\\u0080\\u008f\\u00e2\\u0080\\u00ae<script>',
    );
    expect(JSON.parse(text)).toEqual(hostile());
  });
  test('writes any text, number and time as JSON.parse expects them', () => {
    const number = fc.oneof(
      fc.nat(),
      fc.nat().map((n) => n / 1000),
      fc.nat().map((n) => n / 1e6),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), number, number, (text, other, ms, packet) => {
        const record = portClosed({
          capture: text,
          start: other,
          reason: text,
          durationMs: ms,
          session: packet,
        });
        expect(JSON.parse(written(record))).toEqual(JSON.parse(JSON.stringify(record)));
      }),
    );
  });
  test('writes the same after many records with ever new texts', () => {
    const json = new JsonBytes();
    for (let i = 0; i < 3000; i++) {
      json.clear();
      const record = noCommonKex({ session: i, capture: `${i}.pcap`, reason: 'x'.repeat(i) });
      writeSession(json, record);
      if (i % 100 === 0) expect(JSON.parse(new TextDecoder().decode(json.view()))).toEqual(record);
    }
  });
});
