import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EntryQueue } from '../../src/tcp/entry-queue.ts';

it('EntryQueue agrees with an array, however it grows and wraps.', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 5000 }), (pushes) => {
      const queue = new EntryQueue();
      const model: number[] = [];
      pushes.forEach((push, at) => {
        if (push || model.length === 0) {
          queue.push(at, at * 2.5);
          model.push(at);
        } else {
          expect(queue.oldestNs).toBe((model[0] as number) * 2.5);
          expect(queue.shift()).toBe(model.shift());
        }
      });
      expect(queue.size).toBe(model.length);
      if (model.length === 0) expect(queue.oldestNs).toBe(Number.POSITIVE_INFINITY);
    }),
    { numRuns: 20 },
  );
});
