import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

const BARE = { sequence: 0, acknowledgement: 1001, window: 0, ipId: 0 } as const;
const MARKED = { trafficClass: 0x48 };

describe('rejected-by-firewall', () => {
  it('is likely when a marked SYN is answered without the mark; a closed port behind a network that clears marks is possible', () => {
    const record = new Scene()
      .syn(MARKED)
      .rst('server', { ...BARE, trafficClass: 0 })
      .end();
    expect(record.cause).toMatchObject({ id: 'rejected-by-firewall', confidence: 'likely' });
    expect(record.alternatives).toMatchObject([{ id: 'port-closed', confidence: 'possible' }]);
  });

  it('is likely when the hop limit is not that of the server’s other packets, and certain with both', () => {
    const unmarked = new Scene()
      .syn()
      .rst('server', { ...BARE, hopLimit: 64 })
      .end();
    const usual = { server: { sessions: 1, answered: 1, hopLimits: [61] } };
    expect(findingOf('rejected-by-firewall', among(unmarked, usual))?.confidence).toBe('likely');
    expect(findingOf('port-closed', among(unmarked, usual))).toBeUndefined();
    const marked = new Scene()
      .syn(MARKED)
      .rst('server', { ...BARE, trafficClass: 0, hopLimit: 64 })
      .end();
    const finding = findingOf('rejected-by-firewall', among(marked, usual));
    expect(finding?.confidence).toBe('certain');
    expect(finding?.nextSteps[0]).toContain('`iptables -I FORWARD -p tcp -s 10.0.0.1');
    expect(finding?.summary).toContain('64 (no router crossed)');
    expect(finding?.summary).toContain('61 (3 routers crossed)');
  });

  it('is only possible when the other hop limit may be another system’s habit', () => {
    const record = new Scene()
      .syn()
      .rst('server', { ...BARE, hopLimit: 125 })
      .end();
    const usual = { server: { sessions: 1, answered: 1, hopLimits: [61] } };
    expect(findingOf('rejected-by-firewall', among(record, usual))?.confidence).toBe('possible');
  });

  it('is likely when the refusal comes much sooner than the server’s answers', () => {
    const record = new Scene().syn().rst('server', BARE).end();
    const slow = { server: { sessions: 1, answered: 1, hopLimits: [64], synAckMs: 40 } };
    expect(findingOf('rejected-by-firewall', among(record, slow))?.confidence).toBe('likely');
  });

  it('is not claimed when the mark is copied or several hop limits are usual', () => {
    const copied = new Scene()
      .syn(MARKED)
      .rst('server', { ...BARE, ...MARKED })
      .end();
    expect(copied.cause).toMatchObject({ id: 'port-closed', confidence: 'certain' });
    const record = new Scene().syn().rst('server', BARE).end();
    const several = { server: { sessions: 2, answered: 2, hopLimits: [61, 60] } };
    expect(findingOf('rejected-by-firewall', among(record, several))).toBeUndefined();
  });
});
