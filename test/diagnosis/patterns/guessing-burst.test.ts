import { describe, expect, it } from 'vitest';
import { guessingBurst } from '../../../src/diagnosis/patterns/guessing-burst.ts';
import { found, foundIn, many } from './seen.ts';

describe('guessing-burst', () => {
  it('is found where one source fails ten times in a minute', () => {
    expect(
      found(
        guessingBurst,
        many(10, () => ({ fate: 'close-during-auth' })),
      ),
    ).toMatchObject([{ sessions: 10, severity: 'medium', fate: 'close-during-auth' }]);
  });

  it('is not found in a few failures, nor in ten over a day', async () => {
    expect(
      found(
        guessingBurst,
        many(9, () => ({ fate: 'close-during-auth' })),
      ),
    ).toEqual([]);
    expect(
      found(
        guessingBurst,
        many(10, (i) => ({ fate: 'close-during-auth', at: i * 3600 })),
      ),
    ).toEqual([]);
    expect(await foundIn(guessingBurst, 'close-during-auth-wrong-password.client.pcap')).toEqual([]);
  });

  it('is found where many sources fail a few times each', () => {
    const [finding] = found(
      guessingBurst,
      many(30, (i) => ({ fate: 'close-during-auth', from: `10.0.0.${i % 6}` })),
    );
    expect(finding?.clients.size).toBe(6);
  });

  it('says who got in after failing that often, and is worse then', () => {
    const [finding] = found(guessingBurst, [
      ...many(12, () => ({ fate: 'close-during-auth' })),
      { fate: 'completed', at: 20 },
    ]);
    expect(finding).toMatchObject({ severity: 'high' });
    expect(finding?.summary).toContain('10.0.0.1 logged in after its failures (session 13)');
    expect(finding?.examples[0]?.session).toBe(13);
  });

  it('does not suspect who logged in before', () => {
    const [finding] = found(guessingBurst, [
      { fate: 'completed' },
      ...many(12, () => ({ fate: 'close-during-auth' })),
    ]);
    expect(finding?.severity).toBe('medium');
  });
});
