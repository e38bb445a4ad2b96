import { expect, test } from 'vitest';
import { PAGE_STYLE } from '../../../src/report/page/html-style.ts';

test('The style asks for nothing, and cannot end its element.', () => {
  expect(PAGE_STYLE).not.toMatch(/url\(|@import|<|https?:/);
});

test('The style has a face for the dark and one for paper.', () => {
  expect(PAGE_STYLE).toContain('prefers-color-scheme:dark');
  expect(PAGE_STYLE).toContain('@page{size:A4');
});
