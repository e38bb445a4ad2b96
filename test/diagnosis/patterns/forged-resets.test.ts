import { describe, expect, it } from 'vitest';
import { forgedResets } from '../../../src/diagnosis/patterns/forged-resets.ts';
import { type Brief, found, foundIn, many } from './seen.ts';

const forged: Brief = { fate: 'close-during-kex', stage: 'kex', ending: 'rst', endedBy: 'path' };

describe('forged-resets', () => {
  it('is found where three sessions were reset by a device between', () => {
    const [finding] = found(
      forgedResets,
      many(3, (i) => ({ ...forged, to: `10.9.0.${i}` })),
    );
    expect(finding).toMatchObject({ severity: 'high', fate: 'close-during-kex', sessions: 3 });
    expect(finding?.summary).toContain('with 3 servers');
  });

  it('is found where the cause says so of each', () => {
    expect(
      found(
        forgedResets,
        many(3, () => ({ ...forged, endedBy: 'server', cause: 'rst-injected' })),
      ),
    ).toHaveLength(1);
  });

  it('is not found in the resets of hosts, nor in one that was forged', async () => {
    expect(
      found(
        forgedResets,
        many(3, () => ({ ...forged, endedBy: 'server' })),
      ),
    ).toEqual([]);
    expect(await foundIn(forgedResets, 'kex-reset-by-firewall.client.pcap')).toEqual([]);
  });
});
