import { describe, expect, it } from 'vitest';
import { Crowd } from '../../session/crowd.ts';
import { SERVER_ADDRESS } from '../../tcp/dialogue.ts';

const asking = (times: number): Crowd => {
  const crowd = new Crowd();
  for (let n = 0; n < times; n++) crowd.wait(1000).neighbour('request', SERVER_ADDRESS);
  return crowd;
};

describe('host-not-on-link', () => {
  it('is certain after a whole try without an answer, and likely after less', () => {
    for (const [times, confidence] of [
      [3, 'certain'],
      [1, 'likely'],
    ] as const) {
      const crowd = asking(times);
      crowd.visitor(1).syn();
      const [record] = crowd.wait(20_000).end();
      expect(record?.cause).toMatchObject({ id: 'host-not-on-link', confidence });
      expect(record?.cause?.evidence[0]?.packet).toBe(1);
    }
  });

  it('is not claimed when somebody answered, or when the server answered others', () => {
    const answered = asking(3).neighbour('reply', SERVER_ADDRESS);
    answered.visitor(1).syn();
    expect(answered.wait(20_000).end()[0]?.cause).toBeUndefined();
    const served = asking(3);
    served.visitor(2).identified();
    served.visitor(1).syn();
    expect(served.wait(20_000).end()[1]?.cause?.id).not.toBe('host-not-on-link');
  });
});
