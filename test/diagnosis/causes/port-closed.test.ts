import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';
import { among, findingOf, namesOf } from '../findings.ts';

/** What a kernel sends for a port without a listener. */
const KERNEL = { sequence: 0, acknowledgement: 1001, window: 0, ipId: 0 } as const;

describe('port-closed', () => {
  it('is likely for a reset in the form of a kernel', () => {
    const record = new Scene().syn().rst('server', KERNEL).end();
    expect(record.cause).toMatchObject({ id: 'port-closed', confidence: 'likely' });
    expect(record.cause?.evidence.map((item) => item.packet)).toEqual([1, 2]);
    expect(record.cause?.summary).toContain('a firewall that rejects with a reset can look the same');
    expect(record.clientMessage).toBe('ssh: connect to host 10.0.0.2 port 22: Connection refused');
  });

  it('is not claimed of a reset with a window or an IP identification', () => {
    expect(
      new Scene()
        .syn()
        .rst('server', { ...KERNEL, window: 512 })
        .end().cause,
    ).toBeUndefined();
    expect(
      new Scene()
        .syn()
        .rst('server', { ...KERNEL, ipId: 4711 })
        .end().cause,
    ).toBeUndefined();
  });

  it('is certain when the DSCP of the SYN is copied, and only possible when a marked SYN meets an unmarked reset', () => {
    const marked = { trafficClass: 0x48 };
    const copied = new Scene()
      .syn(marked)
      .rst('server', { ...KERNEL, ...marked })
      .end();
    expect(copied.cause).toMatchObject({ id: 'port-closed', confidence: 'certain' });
    expect(copied.cause?.summary).toContain('answered that nothing listens there');
    const otherwise = new Scene()
      .syn(marked)
      .rst('server', { ...KERNEL, trafficClass: 0x20 })
      .end();
    expect(namesOf(otherwise)).not.toContain('port-closed');
    const cleared = new Scene()
      .syn(marked)
      .rst('server', { ...KERNEL, trafficClass: 0 })
      .end();
    expect(cleared.alternatives).toMatchObject([{ id: 'port-closed', confidence: 'possible' }]);
  });

  it('knows the form of Windows, which counts the IP identification on', () => {
    const record = new Scene()
      .syn()
      .rst('server', { ...KERNEL, ipId: 4711, hopLimit: 127 })
      .end();
    expect(record.cause).toMatchObject({ id: 'port-closed', confidence: 'possible' });
    const usual = among(record, { server: { sessions: 1, answered: 1, identified: 1, hopLimits: [127] } });
    const finding = findingOf('port-closed', usual);
    expect(finding?.confidence).toBe('likely');
    expect(finding?.summary).toContain('sshd served 1 other session');
  });
});
