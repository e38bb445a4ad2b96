import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasTimestamps, mssOption, sackEdge, windowScaleOption } from '../../src/tcp/options.ts';

describe('TCP options', () => {
  const linux = Uint8Array.of(2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7);

  it('are found among others', () => {
    expect(mssOption(linux, 0, linux.length)).toBe(1460);
    expect(windowScaleOption(linux, 0, linux.length)).toBe(7);
    expect(hasTimestamps(linux, 0, linux.length)).toBe(true);
    expect(hasTimestamps(linux, 0, 6)).toBe(false);
  });

  it('give the right edge of the first SACK block, and none where there is no whole block', () => {
    const sack = Uint8Array.of(1, 1, 5, 10, 0, 0, 1, 0, 255, 0, 0, 2);
    expect(sackEdge(sack, 0, sack.length)).toBe(0xff000002 | 0);
    expect(sackEdge(Uint8Array.of(5, 2), 0, 2)).toBeUndefined();
    expect(sackEdge(sack, 0, 11)).toBeUndefined();
    expect(sackEdge(linux, 0, linux.length)).toBeUndefined();
  });

  it('are -1 when absent, cut off or behind the end', () => {
    expect(mssOption(linux, 0, 3)).toBe(-1);
    expect(windowScaleOption(linux, 0, 16)).toBe(-1);
    expect(mssOption(Uint8Array.of(0, 2, 4, 5, 180), 0, 5)).toBe(-1);
    expect(mssOption(Uint8Array.of(3, 0, 2, 4, 5, 180), 0, 6)).toBe(-1);
  });

  it('end for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(mssOption(bytes, 0, bytes.length)).toBeGreaterThanOrEqual(-1);
        expect(Number.isInteger(sackEdge(bytes, 0, bytes.length) ?? 0)).toBe(true);
      }),
    );
  });
});
