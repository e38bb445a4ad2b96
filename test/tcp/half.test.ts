import { describe, expect, it } from 'vitest';
import { Half } from '../../src/tcp/half.ts';

describe('Half', () => {
  it('is as new after a reset, whatever was in it', () => {
    const half = new Half() as unknown as Record<string, unknown>;
    // The memories of recent segments stay, and do not count any more.
    const keys = Object.keys(half).filter((key) => key !== 'recent' && key !== 'tail');
    for (const key of keys) half[key] = typeof half[key] === 'boolean' ? true : 77;
    (half as unknown as Half).reset();
    expect(half).toEqual(new Half());
  });
});
