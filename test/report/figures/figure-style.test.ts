import { describe, expect, test } from 'vitest';
import { charactersIn, FIGURE_COLOURS, FIGURE_STYLE } from '../../../src/report/figures/figure-style.ts';

type Rgb = readonly [number, number, number];

/** The colours of each scheme, by name. */
const SCHEMES = FIGURE_COLOURS.split('\n').map((line) => ({
  scheme: /@media (?:print|\(([^)]+)\))/.exec(line)?.[0] ?? 'light',
  colours: Object.fromEntries(
    [...line.matchAll(/--(\w+):#([0-9a-f]+)/g)].map(([, name, hex]) => [name, rgb(hex ?? '')]),
  ),
}));

function rgb(hex: string): Rgb {
  const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16)) as unknown as Rgb;
}

/** Contrast as WCAG 2.2 defines it. */
function contrast(a: Rgb, b: Rgb): number {
  const luminance = (colour: Rgb): number => {
    const [r = 0, g = 0, b = 0] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(SCHEMES)('in $scheme', ({ colours }) => {
  test.each(['ink', 'quiet', 'high', 'medium', 'low', 'info', 'well', 'strong'])(
    'text in the colour %s has the contrast of WCAG AA on both grounds',
    (name) => {
      for (const ground of ['paper', 'soft']) {
        expect(contrast(colours[name] as Rgb, colours[ground] as Rgb)).toBeGreaterThanOrEqual(4.5);
      }
    },
  );
});

test('there is a light, a dark and a printed scheme, and the style names no colour that they lack', () => {
  expect(SCHEMES.map(({ scheme }) => scheme)).toEqual([
    'light',
    '@media (prefers-color-scheme:dark)',
    '@media print',
  ]);
  for (const [, name] of FIGURE_STYLE.matchAll(/var\(--(\w+)\)/g)) {
    for (const { colours } of SCHEMES) expect(colours).toHaveProperty(name ?? '');
  }
});

test('text is laid out for wide fonts', () => {
  expect(charactersIn(600, 10)).toBe(107);
  expect(charactersIn(1, 10)).toBe(8);
});
