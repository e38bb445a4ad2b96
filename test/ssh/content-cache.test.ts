import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContentCache } from '../../src/ssh/content-cache.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('ContentCache', () => {
  it('finds what was added by equal bytes elsewhere', () => {
    const cache = new ContentCache<string>(4, 100);
    const content = bytes('..abc..');
    cache.add(content, 2, 5, 'value');
    content.fill(0);
    expect(cache.find(bytes('xabc'), 1, 4)).toBe('value');
    expect(cache.find(bytes('xabd'), 1, 4)).toBeUndefined();
    expect(cache.find(bytes('xab'), 1, 3)).toBeUndefined();
  });

  it('tells long contents apart that differ in one byte between the samples', () => {
    const cache = new ContentCache<number>(4, 5000);
    const content = Buffer.alloc(4000, 1);
    cache.add(content, 0, content.length, 1);
    for (let at = 0; at < content.length; at += 37) {
      const other = Buffer.from(content);
      other[at] = 2;
      expect(cache.find(other, 0, other.length), `byte ${at}`).toBeUndefined();
    }
    expect(cache.find(Buffer.from(content), 0, content.length)).toBe(1);
  });

  it('does not keep contents beyond its limit', () => {
    const cache = new ContentCache<number>(4, 8);
    cache.add(Buffer.alloc(9), 0, 9, 1);
    expect(cache.find(Buffer.alloc(9), 0, 9)).toBeUndefined();
  });

  it('forgets the oldest of a set when a fifth comes', () => {
    const cache = new ContentCache<number>(1, 8);
    for (let n = 0; n < 5; n++) cache.add(Buffer.of(n), 0, 1, n);
    expect([0, 1, 2, 3, 4].map((n) => cache.find(Buffer.of(n), 0, 1))).toEqual([undefined, 1, 2, 3, 4]);
  });

  it('never gives the value of other bytes', () => {
    const text = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), text, (added, asked) => {
        const cache = new ContentCache<Uint8Array>(2, 100);
        for (const content of added) cache.add(content, 0, content.length, content);
        const found = cache.find(asked, 0, asked.length);
        if (found !== undefined) expect(Buffer.compare(found, asked)).toBe(0);
      }),
    );
  });
});
