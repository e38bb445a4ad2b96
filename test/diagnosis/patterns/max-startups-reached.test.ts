import { describe, expect, it } from 'vitest';
import { maxStartupsReached } from '../../../src/diagnosis/patterns/max-startups-reached.ts';
import { found, foundIn, many } from './seen.ts';

describe('max-startups-reached', () => {
  it('is found in a real run, with the connections that were open then', async () => {
    const [finding] = await foundIn(maxStartupsReached, 'before-banner-max-startups.client.pcap');
    expect(finding).toMatchObject({ sessions: 2, severity: 'high' });
    expect(finding?.summary).toContain('up to 1 connection without a login was open then');
    // One client alone may have met its own limit.
    expect(finding?.title).toContain('MaxStartups or PerSourceMaxStartups');
  });

  it('names MaxStartups where several clients were turned away', () => {
    const [finding] = found(
      maxStartupsReached,
      many(3, (i) => ({ fate: 'fin-before-banner', from: `10.0.0.${i}`, cause: 'max-startups' })),
    );
    expect(finding?.title).toBe('10.9.0.1:22: MaxStartups is reached');
  });

  it('gives the steps of dropbear where the server is one', async () => {
    const [finding] = await foundIn(
      maxStartupsReached,
      'before-banner-dropbear-per-source-limit.client.pcap',
    );
    expect(finding?.title).toContain("dropbear's limit for one address is reached, with 5 open");
    expect(finding?.nextSteps.join('\n')).not.toMatch(/sshd -T|MaxStartups/);
  });

  it('is not found in closes with another cause', () => {
    expect(
      found(
        maxStartupsReached,
        many(3, () => ({ fate: 'fin-before-banner', cause: 'backend-down' })),
      ),
    ).toEqual([]);
  });
});
