import { expect, it } from 'vitest';
import { Slots } from '../../src/web/slots.ts';

it('lets so many work at the same time, in order, also after one failed', async () => {
  const slots = new Slots(2);
  const order: string[] = [];
  let working = 0;
  const work = (name: string) =>
    slots.use(async () => {
      expect(++working).toBeLessThanOrEqual(2);
      await new Promise(setImmediate);
      order.push(name);
      working--;
      if (name === 'a') throw new Error(name);
    });
  const all = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(work));
  expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(all.map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});
