import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nextCapture } from '../../src/diagnosis/next-capture.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { recordsOf } from '../corpus/corpus.ts';
import { completed, noCommonKex, portClosed } from '../report/fixtures.ts';
import { Scene } from '../session/scene.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const first = async (name: string): Promise<SessionRecord> =>
  (await recordsOf(path.join(CAPTURES, name)))[0] as SessionRecord;

describe('nextCapture', () => {
  it('asks the server where nothing answered, for ICMP of routers and ARP, too', async () => {
    const { nextCapture: next, client } = await first('no-syn-ack.client.pcap');
    expect(next?.at).toBe('server');
    expect(next?.why).toContain('the way back is blocked');
    expect(next?.command).toMatch(
      /^tcpdump -i IFACE -s 0 -w sshfate\.pcap '.*tcp port 22.* or icmp or arp'$/,
    );
    expect(next?.command).toContain(`host ${client.address}`);
  });

  it('leaves a lone SYN alone: it may be a probe', () => {
    expect(new Scene().syn().wait(60_000).end()).toMatchObject({ fate: 'no-syn-ack' });
    expect(new Scene().syn().wait(60_000).end().nextCapture).toBeUndefined();
  });

  it('is absent where the cause is certain or nothing is wrong', () => {
    for (const record of [noCommonKex(), completed()]) expect(nextCapture(record)).toBeUndefined();
    expect(nextCapture(portClosed())).toBeUndefined();
  });

  it('is absent where it is nobody’s trouble', () => {
    const record = portClosed({ fate: 'rst-after-syn-ack' });
    const scan = { ...record, cause: { ...record.cause, id: 'scan', confidence: 'likely' } } as SessionRecord;
    expect(nextCapture(scan)).toBeUndefined();
  });

  it('asks the server who refused, where a firewall may have', async () => {
    const record = await first('rst-after-syn.client.pcap');
    const likely = { ...record, cause: { ...record.cause, confidence: 'likely' } } as SessionRecord;
    expect(nextCapture(likely)).toMatchObject({ at: 'server' });
    expect(nextCapture({ ...record, cause: undefined })?.why).toContain('who refused');
  });

  it('speaks IPv6 where the session does', async () => {
    const record = await first('rst-after-syn-ipv6.client.pcap');
    const next = nextCapture({ ...record, cause: undefined });
    expect(next?.command).toBe(
      `tcpdump -i IFACE -s 0 -w sshfate.pcap '(host ${record.client.address} and tcp port 22) or icmp6'`,
    );
  });

  it('does not look for a private client behind a NAT by its address', () => {
    const record = portClosed({ cause: undefined });
    const server = { ...record.server, address: '198.51.100.20' };
    expect(nextCapture({ ...record, server })?.command).toContain("'tcp port 22 or icmp'");
    expect(nextCapture(record)?.command).toContain('(host 10.77.1.2 and tcp port 22)');
  });

  it.each([
    ['undetermined-to-server-only.client.pcap', 'on the server itself both pass'],
    ['undetermined-from-server-only.client.pcap', 'on the server itself both pass'],
  ])('%s: says what this capture lacks', async (name, why) => {
    const record = await first(name);
    expect(record.fate).toBe('undetermined');
    expect(record.nextCapture?.why).toContain(why);
  });

  it('takes whole packets, a larger buffer, or more time, as the reason of the doubt is', () => {
    const lacking = (missing: 'snap-length' | 'lost-packets' | 'filter' | 'midway' | 'evicted') => {
      const record = portClosed({ fate: 'undetermined', cause: undefined });
      return nextCapture({ ...record, observed: { ...record.observed, missing } });
    };
    expect(lacking('snap-length')?.why).toContain('-s 0');
    expect(lacking('lost-packets')?.command).toContain(' -B 65536 ');
    expect(lacking('filter')?.why).toContain('names hosts and ports only');
    expect(lacking('midway')?.command).toContain(' -C 100 -W 10 ');
    expect(lacking('evicted')?.why).toContain('two hosts alone');
  });

  it('asks the side that a reset claims to come from', async () => {
    const record = { ...(await first('reset-in-session-firewall.client.pcap')), cause: undefined };
    expect(nextCapture(record)).toMatchObject({ at: record.tcp.resets?.[0]?.from });
  });

  it('asks the side that owed an answer', async () => {
    const record = { ...(await first('stalled-before-banner.client.pcap')), cause: undefined };
    expect(nextCapture(record)).toMatchObject({ at: record.observed.owed?.by });
  });
});
