import { describe, expect, it } from 'vitest';
import { outage } from '../../../src/diagnosis/patterns/outage.ts';
import { found, foundIn, many } from './seen.ts';

describe('outage', () => {
  it('is found where the path went away under three sessions', async () => {
    expect(await foundIn(outage, 'lost-in-session-outage.server.pcap')).toMatchObject([
      { server: '198.51.100.20:22', fate: 'lost-in-session', sessions: 3, severity: 'high' },
    ]);
  });

  it('is not found in two sessions of a server that restarted, nor in one that was closed', async () => {
    expect(await foundIn(outage, 'reset-in-session-server-restarted.client.pcap')).toEqual([]);
    expect(await foundIn(outage, 'closed-in-session.client.pcap')).toEqual([]);
    expect(await foundIn(outage, 'completed.client.pcap')).toEqual([]);
  });

  it('says that the server was shut down where it closed its sessions at once', () => {
    const [finding] = found(
      outage,
      many(4, (i) => ({ fate: 'closed-in-session', from: `10.0.0.${i}`, at: 0, lasts: 60 + i })),
    );
    expect(finding?.title).toBe('10.9.0.1:22: 4 sessions were closed by the server at once');
    expect(finding?.summary).toContain('the server was shut down, or its sessions were killed');
    expect(finding?.clients.size).toBe(4);
  });

  it('needs them to die at once', () => {
    expect(
      found(
        outage,
        many(4, (i) => ({ fate: 'reset-in-session', at: 0, lasts: 60 + 100 * i })),
      ),
    ).toEqual([]);
  });

  it('is not found where more sessions of the server went on than died', () => {
    const dying = (survivors: number) =>
      found(
        outage,
        many(3, () => ({ fate: 'reset-in-session', at: 0, survivors })),
      );
    expect(dying(3)).toEqual([]);
    expect(dying(2)).toHaveLength(1);
  });

  it('blames the path where sessions with several servers die at once', () => {
    const [finding, ...others] = found(
      outage,
      many(4, (i) => ({ fate: 'lost-in-session', from: `10.0.0.${i % 2}`, to: `10.9.0.${i}`, at: 0 })),
    );
    expect(others).toEqual([]);
    expect(finding?.summary).toContain('the path that they share went away');
  });

  it('blames the network of the client where all of them are one client’s', () => {
    const [finding] = found(
      outage,
      many(3, (i) => ({ fate: 'lost-in-session', to: `10.9.0.${i}`, at: 0 })),
    );
    expect(finding?.summary).toContain('the network of 10.0.0.1 went away, or it slept');
  });

  it('takes no server for down because several closed one session each', () => {
    expect(
      found(
        outage,
        many(4, (i) => ({ fate: 'closed-in-session', to: `10.9.0.${i}`, at: 0 })),
      ),
    ).toEqual([]);
  });
});
