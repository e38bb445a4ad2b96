import { describe, expect, it } from 'vitest';
import { Crowd } from '../../session/crowd.ts';
import { Scene } from '../../session/scene.ts';
import { namesOf } from '../findings.ts';

function visits(...pausesMs: readonly number[]) {
  const crowd = new Crowd();
  crowd.visitor(1).connect().fin('client').fin('server');
  for (const [n, pause] of pausesMs.entries()) {
    crowd
      .wait(pause)
      .visitor(n + 2)
      .connect()
      .fin('client')
      .fin('server');
  }
  return crowd.end();
}

describe('health-check', () => {
  it('is certain at a steady interval, for the first visit as for the last, and says the interval', () => {
    const records = visits(1000, 1000, 1010, 1000);
    for (const record of records)
      expect(record.cause).toMatchObject({ id: 'health-check', confidence: 'certain' });
    expect(records[0]?.cause?.summary).toContain('every 1.0 s');
    expect(records[0]?.cause?.evidence[0]?.what).toContain('packet 1, 6, 11, 16, 21');
  });

  it('is possible without an interval, as a scan is', () => {
    const [first] = visits(1000, 9000, 300);
    expect(namesOf(first as never)).toEqual(['health-check', 'scan']);
    expect(first?.cause?.confidence).toBe('possible');
  });

  it('is likely for a reset of the client’s own socket in place of its ACK', () => {
    const record = new Scene().syn({ ipId: 1 }).synAck().rst('client', { ipId: 2 }).end();
    expect(record.cause).toMatchObject({ id: 'health-check', confidence: 'likely' });
  });

  it('is not claimed of a kernel that had not asked', () => {
    const record = new Scene().syn().synAck().rst('client', { flags: 'R', window: 0, ipId: 0 }).end();
    expect(namesOf(record)).toEqual(['scan']);
  });
});
