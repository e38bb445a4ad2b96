import { describe, expect, it } from 'vitest';
import { HeldBytes } from '../../src/ssh/held-bytes.ts';

const content = (held: HeldBytes): Buffer => Buffer.from(held.bytes.subarray(0, held.length));

describe('HeldBytes', () => {
  it('keeps what is appended, across growth', () => {
    const held = new HeldBytes();
    const all: Buffer[] = [];
    for (let n = 0; n < 40; n++) {
      const part = Buffer.alloc(300, n);
      held.append(Buffer.concat([Buffer.alloc(5, 0xff), part, Buffer.alloc(5, 0xff)]), 5, 305);
      all.push(part);
    }
    expect(content(held).equals(Buffer.concat(all))).toBe(true);
  });

  it('is empty after clear, and its buffer can be used by another without harm', () => {
    const first = new HeldBytes();
    first.append(Buffer.from('first'), 0, 5);
    first.clear();
    expect(first.length).toBe(0);
    const second = new HeldBytes();
    second.append(Buffer.from('second'), 0, 6);
    first.append(Buffer.from('again'), 0, 5);
    expect(content(second).toString()).toBe('second');
    expect(content(first).toString()).toBe('again');
  });
});
