import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../src/store/fair-queue.ts';

describe('FairQueue', () => {
  it('gives owners their turns, and each owner first what came first', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.add(item[0] as string, item);
    const order = Array.from({ length: 7 }, () => queue.next());
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3', undefined]);
  });

  it('knows the position that an item really has', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 }),
        fc.nat(4),
        (owners, taken) => {
          const queue = new FairQueue<number>();
          owners.forEach((owner, i) => {
            queue.add(owner, i);
          });
          for (let i = 0; i < taken; i++) queue.next();
          const positions = owners.map((_, i) => queue.position(i));
          for (let turn = 1; queue.length > 0; turn++) expect(positions[queue.next() as number]).toBe(turn);
        },
      ),
    );
  });

  it('forgets what is removed', () => {
    const queue = new FairQueue<string>();
    queue.add('a', 'a1');
    queue.add('b', 'b1');
    queue.remove('a1');
    queue.remove('a1');
    expect(queue.position('a1')).toBeUndefined();
    expect([queue.next(), queue.next()]).toEqual(['b1', undefined]);
  });
});
