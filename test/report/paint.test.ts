import { expect, test } from 'vitest';
import { coloured, fateFormat, monochrome, plain, SEVERITY_FORMAT } from '../../src/report/paint.ts';

test('colours whatever standard output is, or not at all', () => {
  expect(coloured('red', 'x')).toBe('\x1b[31mx\x1b[39m');
  expect(coloured(['red', 'bold'], 'x')).toContain('\x1b[1m');
  expect(plain('red', 'x')).toBe('x');
});

test('without colours bold and reverse are left', () => {
  expect(monochrome('red', 'x')).toBe('x');
  expect(monochrome(['red', 'bold'], 'x')).toBe('\x1b[1mx\x1b[22m');
  expect(monochrome('inverse', 'x')).toBe('\x1b[7mx\x1b[27m');
});

test('a fate has the colour of its severity, and what went well is green', () => {
  expect(fateFormat('completed', undefined)).toBe('green');
  expect(fateFormat('no-syn-ack', undefined)).toBe(SEVERITY_FORMAT.high);
  expect(fateFormat('fin-after-banner', 'banner-grab')).toBe(SEVERITY_FORMAT.info);
});
