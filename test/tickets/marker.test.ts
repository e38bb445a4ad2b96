import { describe, expect, it } from 'vitest';
import { digest, markerIn, markerIs, markerText } from '../../src/tickets/marker.ts';

const MARKER = { key: digest('captures'), content: digest('words') };
const LINE = `Written by sshfate, ${markerText(MARKER)}`;

describe('A marker', () => {
  it('is found in the last line, also behind the end of a block', () => {
    expect(markerIn(`text\n\n${LINE}`)).toEqual(MARKER);
    expect(markerIn(`text\r\n${LINE}\r\n`)).toEqual(MARKER);
    expect(markerIn(`<pre>\n~~~~\ntext\n${LINE}\n~~~~\n</pre>`)).toEqual(MARKER);
    expect(markerIn(`text\n\n<!-- ${markerText(MARKER)} -->`)).toEqual(MARKER);
  });
  it.each([
    ['a quotation of the comment', `> text\n> ${LINE}\n\nThanks!`],
    ['a quotation that ends with it', `He wrote:\n> ${LINE}`],
    ['a comment with text below', `${LINE}\n\nI have tried this.\nIt works.\nThanks.`],
    ['a marker within a line', `see ${LINE}`],
    ['another version of it', LINE.replace('sshfate:1:', 'sshfate:2:')],
    ['a shortened one', LINE.slice(0, -1)],
    ['nothing', ''],
  ])('is not taken from %s', (_, text) => {
    expect(markerIn(text)).toBeUndefined();
  });
  it('is a subject as a whole or not at all', () => {
    expect(markerIs(markerText(MARKER))).toEqual(MARKER);
    expect(markerIs(`Re: ${markerText(MARKER)}`)).toBeUndefined();
    expect(markerIs(`${markerText(MARKER)} x`)).toBeUndefined();
  });
});
