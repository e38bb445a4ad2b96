import { describe, expect, it } from 'vitest';
import { LossWindows } from '../../src/live/loss-windows.ts';

describe('LossWindows', () => {
  it('tell whether packets were lost in a time', () => {
    const windows = new LossWindows();
    windows.add(10e9, 11e9, 5);
    windows.add(20e9, 21e9, 7);
    const asked = [
      [0, 9e9],
      [0, 10e9],
      [10.5e9, 10.6e9],
      [12e9, 19e9],
      [21e9, 30e9],
      [22e9, 30e9],
    ] as const;
    expect(asked.map(([from, to]) => windows.between(from, to))).toEqual([
      false,
      true,
      true,
      false,
      true,
      false,
    ]);
    expect(windows.lost).toBe(12);
  });

  it('forget none, however many there are: old ones become one', () => {
    const windows = new LossWindows();
    for (let n = 0; n < 5000; n++) windows.add(n * 10e9, n * 10e9 + 1e9, 1);
    expect(windows.lost).toBe(5000);
    for (let n = 0; n < 5000; n += 77) expect(windows.between(n * 10e9, n * 10e9)).toBe(true);
    expect(windows.between(49_995e9, 49_996e9)).toBe(false);
  });
});
