import { describe, expect, it } from 'vitest';
import { Crowd } from '../../session/crowd.ts';
import { Scene } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

describe('accept-backlog-full', () => {
  it('is likely for ignored SYNs when others were accepted and never greeted', () => {
    const crowd = new Crowd();
    const waiting = crowd.visitor(1).connect();
    crowd.visitor(2).syn();
    crowd.wait(1000).visitor(2).syn({ ipId: 9 });
    crowd.wait(5000);
    waiting.fin('client');
    const [, record] = crowd.wait(20_000).end();
    expect(record?.cause).toMatchObject({ id: 'accept-backlog-full', confidence: 'likely' });
    expect(record?.cause?.nextSteps[0]).toContain("`ss -ltn 'sport = :22'`");
    expect(record?.alternatives).toMatchObject([{ id: 'filtered', confidence: 'possible' }]);
  });

  it('is not claimed when the server greeted others', () => {
    const crowd = new Crowd();
    crowd.visitor(1).identified();
    crowd.visitor(2).syn();
    crowd.wait(1000).visitor(2).syn({ ipId: 9 });
    const [, record] = crowd.wait(20_000).end();
    expect(record?.cause?.id).toBe('filtered');
    expect(record?.cause?.summary).toContain('it answered 1 other session of this client');
  });

  it('is possible for a reset without a socket right after the handshake', () => {
    const record = new Scene().connect().rst('server', { window: 0, ipId: 0 }).end();
    const others = among(record, { server: { sessions: 2, answered: 2 } });
    expect(findingOf('accept-backlog-full', others)?.confidence).toBe('possible');
    expect(findingOf('accept-backlog-full', record)).toBeUndefined();
    const byProcess = new Scene().connect().rst('server', { window: 512, ipId: 7 }).end();
    const amongOthers = among(byProcess, { server: { sessions: 2, answered: 2 } });
    expect(findingOf('accept-backlog-full', amongOthers)).toBeUndefined();
  });
});
