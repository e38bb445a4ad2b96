import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Best } from '../../src/report/best.ts';

test('keeps what sorting everything and cutting would keep, equal keys in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 })), fc.nat({ max: 12 }), (keys, capacity) => {
      const best = new Best<[number, number]>(capacity);
      for (const [i, key] of keys.entries()) best.offer(key, () => [key, i]);
      const all = keys.map((key, i): [number, number] => [key, i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      expect(best.items()).toEqual(all.slice(0, capacity));
    }),
  );
});

test('makes no items that it would throw away', () => {
  const best = new Best<number>(10);
  let made = 0;
  for (let i = 0; i < 100_000; i++) best.offer(i, () => made++);
  expect(made).toBe(20);
});
