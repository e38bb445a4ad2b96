import { describe, expect, it } from 'vitest';
import { Crowd } from '../../session/crowd.ts';
import { DROPBEAR_LINE, Scene } from '../../session/scene.ts';
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

  it('is possible without an interval, behind a scan', () => {
    const [first] = visits(1000, 9000, 300);
    expect(namesOf(first as never)).toEqual(['scan', 'health-check']);
    expect(first?.cause?.confidence).toBe('possible');
  });

  it('lets nobody off for a single look: who it was comes first, and the exemption is for who is known', () => {
    const record = new Scene().connect().fin('client').fin('server').end();
    expect(namesOf(record)).toEqual(['scan', 'health-check']);
    const steps = record.alternatives?.[0]?.nextSteps;
    expect(steps?.[0]).toContain('Find out what 10.0.0.1 is');
    expect(steps?.[1]).toMatch(
      /^If 10\.0\.0\.1 is your load balancer or monitor: .*PerSourcePenaltyExemptList/,
    );
  });

  it('has no penalties to spare a client where the server is dropbear', () => {
    const crowd = new Crowd();
    crowd.visitor(1).connect().says('server', DROPBEAR_LINE);
    for (let n = 2; n < 6; n++) crowd.wait(1000).visitor(n).connect().fin('client').fin('server');
    const check = crowd.end()[2]?.cause;
    expect(check?.id).toBe('health-check');
    expect(check?.nextSteps.join('\n')).not.toContain('Penalty');
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
