import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionTable } from '../../src/tcp/connection-table.ts';

describe('ConnectionTable', () => {
  it('agrees with a Map under random additions and removals', () => {
    const step = fc.record({ add: fc.boolean(), a: fc.nat(7), b: fc.nat(7), ports: fc.nat(31) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const table = new ConnectionTable(3);
        const map = new Map<string, number>();
        for (const { add, a, b, ports } of steps) {
          const key = `${a} ${b} ${ports}`;
          const known = map.get(key);
          expect(table.find3(a, b, ports)).toBe(known ?? -1);
          if (add && known === undefined) map.set(key, table.add3(a, b, ports));
          if (!add && known !== undefined) {
            table.release(known);
            map.delete(key);
          }
          expect(table.size).toBe(map.size);
        }
        for (const [key, entry] of map) {
          const [a, b, ports] = key.split(' ').map(Number) as [number, number, number];
          expect(table.find3(a, b, ports)).toBe(entry);
        }
      }),
    );
  });

  it('grows to many keys of nine words', () => {
    const table = new ConnectionTable(9);
    const key = new Int32Array(9);
    for (let i = 0; i < 10_000; i++) {
      key[3] = i;
      key[8] = i ^ 0x5a5a;
      expect(table.find9(key)).toBe(-1);
      table.add9(key);
    }
    key[3] = 1234;
    key[8] = 1234 ^ 0x5a5a;
    expect(table.find9(key)).toBe(1234);
  });
});
