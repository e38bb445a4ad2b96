import { describe, expect, it } from 'vitest';
import { Crowd } from '../../session/crowd.ts';

const MARKED = { trafficClass: 0x48 };

describe('marking-dropped before the handshake', () => {
  it('is likely when the same client is answered without the mark', () => {
    const crowd = new Crowd();
    crowd.visitor(1).syn(MARKED);
    crowd
      .wait(1000)
      .visitor(1)
      .syn({ ...MARKED, ipId: 9 });
    crowd.visitor(2).identified();
    const record = crowd.wait(20_000).end()[0];
    expect(record?.cause).toMatchObject({ id: 'marking-dropped', confidence: 'likely' });
    expect(record?.cause?.summary).toContain('18 (AF21)');
    expect(record?.cause?.nextSteps[0]).toContain('`ssh -o IPQoS=none 10.0.0.2`');
    expect(record?.alternatives?.[0]).toMatchObject({ id: 'filtered', confidence: 'possible' });
  });

  it('is not claimed when unmarked SYNs vanish too, or marked ones are answered', () => {
    for (const other of [{ trafficClass: 0 }, MARKED]) {
      const crowd = new Crowd();
      crowd.visitor(1).syn(MARKED);
      crowd
        .wait(1000)
        .visitor(1)
        .syn({ ...MARKED, ipId: 9 });
      if (other === MARKED) crowd.visitor(2).connect(other);
      else crowd.visitor(2).syn(other);
      expect(crowd.wait(20_000).end()[0]?.cause?.id).not.toBe('marking-dropped');
    }
  });

  it('is not claimed when an unmarked SYN vanishes while one with another mark is answered', () => {
    const crowd = new Crowd();
    crowd.visitor(3).syn({ trafficClass: 0 });
    crowd.wait(1000).visitor(3).syn({ trafficClass: 0, ipId: 9 });
    crowd.visitor(2).connect({ trafficClass: 0x20 });
    crowd.visitor(1).syn(MARKED);
    crowd
      .wait(1000)
      .visitor(1)
      .syn({ ...MARKED, ipId: 9 });
    const record = crowd
      .wait(20_000)
      .end()
      .find(({ client }) => client.port === 1);
    expect(record?.surroundings?.server.markings).toEqual({ answered: [8], unanswered: [0, 18] });
    expect(record?.cause?.id).toBe('filtered');
  });
});
