import { describe, expect, it } from 'vitest';
import { analyzeCapture } from '../../src/engine.ts';
import type { Session } from '../../src/session/session.ts';
import { RECORD_FIELDS } from '../../src/session/session.ts';

const CAPTURE = new URL('../../captures/completed.client.pcap', import.meta.url).pathname;

describe('Session', () => {
  it('gives a plain record in the documented order, without what is unknown', async () => {
    await analyzeCapture(CAPTURE, {}, (session) => {
      const record = session.toJSON();
      const keys = Object.keys(record);
      expect(keys).toEqual(RECORD_FIELDS.filter((field) => keys.includes(field)));
      expect(Object.values(record)).not.toContain(undefined);
      expect(record.cause).toBeUndefined();
    });
  });

  it('says what it is when it is read too late', async () => {
    let late: Session | undefined;
    await analyzeCapture(CAPTURE, {}, (session) => {
      late = session;
    });
    expect(() => late?.client).toThrow('keep session.toJSON()');
  });
});
