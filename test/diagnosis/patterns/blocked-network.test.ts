import { describe, expect, it } from 'vitest';
import { blockedNetwork } from '../../../src/diagnosis/patterns/blocked-network.ts';
import { type Brief, found, foundIn } from './seen.ts';

const refused = (from: string, rest: Partial<Brief> = {}): Brief => ({ fate: 'no-syn-ack', from, ...rest });
const BLOCKED = [refused('10.1.2.1'), refused('10.1.2.2'), refused('10.1.2.3')];
const OTHER: Brief = { fate: 'completed', from: '10.5.5.5', at: 1 };

describe('blocked-network', () => {
  it('is found where all clients of a /24 get no answer and others get in', () => {
    expect(found(blockedNetwork, [...BLOCKED, OTHER])).toMatchObject([
      {
        title: '10.9.0.1:22: 10.1.2.0/24 is kept out (no answer)',
        fate: 'no-syn-ack',
        sessions: 3,
        severity: 'high',
      },
    ]);
  });

  it('is not found where nobody gets in: that is no rule about a network', async () => {
    expect(found(blockedNetwork, BLOCKED)).toEqual([]);
    expect(found(blockedNetwork, [...BLOCKED, refused('10.5.5.5')])).toEqual([]);
    expect(await foundIn(blockedNetwork, 'no-syn-ack.client.pcap')).toEqual([]);
  });

  it('is not found where one client of the network gets in', () => {
    const one: Brief = { fate: 'completed', from: '10.1.2.4' };
    expect(found(blockedNetwork, [...BLOCKED, OTHER, one])).toEqual([]);
  });

  it('is not found for a single address: that is a ban', () => {
    const ban = [refused('10.1.2.1'), refused('10.1.2.1'), refused('10.1.2.1')];
    expect(found(blockedNetwork, [...ban, OTHER])).toEqual([]);
  });

  it('is not found where the others got in at another time', () => {
    expect(found(blockedNetwork, [...BLOCKED, { ...OTHER, at: 3600 }])).toEqual([]);
  });

  it('does not count a lone SYN, which may be a probe', () => {
    const probes = BLOCKED.map((brief) => ({ ...brief, lasts: 0 }));
    expect(found(blockedNetwork, [...probes, OTHER])).toEqual([]);
  });

  it('is not found where they were refused in different ways', () => {
    expect(
      found(blockedNetwork, [...BLOCKED, refused('10.1.2.4', { fate: 'rst-after-syn' }), OTHER]),
    ).toEqual([]);
  });

  it('takes a /64 in IPv6', () => {
    const clients = ['2001:db8:0:1::1', '2001:db8:0:1:5::1', '2001:db8:0:1::3'];
    const to = '2001:db8:9::1';
    const briefs = clients.map((from) => refused(from, { to, fate: 'rst-after-syn' }));
    const [finding] = found(blockedNetwork, [...briefs, { ...OTHER, from: '2001:db8:0:2::1', to }]);
    expect(finding?.title).toBe('[2001:db8:9::1]:22: 2001:db8:0:1::/64 is kept out (a RST)');
  });
});
