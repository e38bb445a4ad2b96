import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';

describe('filtered', () => {
  it('is likely when repeated SYNs are never answered, and says how many', () => {
    const record = new Scene().syn().wait(1000).syn({ ipId: 2 }).wait(2000).syn({ ipId: 3 }).wait(4000).end();
    expect(record.cause).toMatchObject({ id: 'filtered', confidence: 'likely' });
    expect(record.cause?.summary).toContain('3 SYNs to 10.0.0.2:22');
    expect(record.cause?.evidence.map((item) => item.packet)).toEqual([1, 3]);
    expect(record.cause?.nextSteps.join('\n')).toContain("tcpdump -ni any 'tcp port 22 and host 10.0.0.1'");
  });

  it('is not claimed of a single SYN', () => {
    expect(new Scene().syn().wait(20_000).end()).toMatchObject({ fate: 'no-syn-ack' });
    expect(new Scene().syn().wait(20_000).end().cause).toBeUndefined();
  });
});
