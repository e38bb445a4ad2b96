import { describe, expect, it } from 'vitest';
import { Crowd } from '../../session/crowd.ts';
import { Scene } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

const unanswered = (hopLimit = 64) =>
  new Scene()
    .syn({ hopLimit })
    .wait(1000)
    .syn({ hopLimit, ipId: 2 })
    .wait(2000)
    .syn({ hopLimit, ipId: 3 })
    .wait(4000)
    .end();

describe('filtered', () => {
  it('is likely when repeated SYNs are never answered, and says how many', () => {
    const record = unanswered();
    expect(record.cause).toMatchObject({ id: 'filtered', confidence: 'likely' });
    expect(record.cause?.summary).toContain('3 SYNs to 10.0.0.2:22');
    expect(record.cause?.evidence.map((item) => item.packet)).toEqual([1, 3]);
    expect(record.cause?.nextSteps.join('\n')).toContain("tcpdump -ni any 'tcp port 22 and host 10.0.0.1'");
  });

  it('says what other sessions leave of firewall, host and address', () => {
    const summary = (others: Parameters<typeof among>[1]) =>
      findingOf('filtered', among(unanswered(), others))?.summary;
    expect(summary({ server: { answered: 2, identified: 2 } })).toContain('a rule drops this client');
    expect(summary({ server: { answered: 2, identified: 2 }, client: { answered: 2 } })).toContain('a ban');
    expect(unanswered(61).cause?.summary).toContain('behind 3 routers');
  });

  it('first lifts the ban where the server answers others', () => {
    const crowd = new Crowd();
    crowd.visitor(1, 0x0a000009).identified();
    crowd.visitor(2).syn();
    crowd.wait(1000).visitor(2).syn({ ipId: 9 });
    expect(crowd.wait(20_000).end()[1]?.cause?.nextSteps[0]).toContain('unbanip 10.0.0.1');
  });

  it('is not claimed, nor an old connection, where SYN-ACKs of another SYN came', () => {
    const scene = new Scene();
    for (const ipId of [11, 12, 13]) {
      scene.syn({ ipId }).synAck({ acknowledgement: 4321, ipId: ipId + 10 });
      scene.rst('client', { flags: 'R', sequence: 4321, ipId: ipId + 20 }).wait(1000);
    }
    const record = scene.wait(20_000).end();
    expect(record).toMatchObject({ fate: 'no-syn-ack', tcp: { synRetransmissions: 2 } });
    expect(record.cause).toBeUndefined();
  });

  it('is not claimed of a single SYN', () => {
    expect(new Scene().syn().wait(20_000).end()).toMatchObject({ fate: 'no-syn-ack' });
    expect(new Scene().syn().wait(20_000).end().cause).toBeUndefined();
  });
});
