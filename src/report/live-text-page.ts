import { stripVTControlCharacters } from 'node:util';
import { displayWidth, wrap } from './layout.ts';
import type { LivePage } from './live-picture.ts';
import { findingLines, hanging } from './overview-text.ts';
import { type Paint, plain } from './paint.ts';
import { sessionView } from './session-view.ts';

export type LiveTextPage = Exclude<LivePage, { readonly kind: 'lists' }>;

/** All lines of a page, none wider than `width`. */
export function textPageLines(page: LiveTextPage, width: number, paint: Paint): string[] {
  switch (page.kind) {
    case 'help':
      return HELP.flatMap(([word, text]) => helpLines(word, text, width, paint));
    case 'finding':
      return fitting((with_) => findingLines([page.finding], false, { width, paint: with_ }), width, paint);
    case 'session': {
      const { record } = page;
      if (record === undefined) {
        return wrap(
          `Session ${page.session} was not kept: too many ended at once, or others since. --format ndjson has every session in full.`,
          width,
        );
      }
      return fitting(
        (with_) => sessionView(record, { width, paint: with_, isLive: true }).split('\n'),
        width,
        paint,
      );
    }
  }
}

function helpLines(word: string, text: string, width: number, paint: Paint): string[] {
  const [first = '', ...more] = hanging(' '.repeat(WORD_WIDTH), text, width);
  return [paint('bold', word.padEnd(WORD_WIDTH)) + first.trimStart(), ...more];
}

/** Lines that were to be copied are longer than the screen: they are broken there. Measured without their colours. */
function fitting(lines: (paint: Paint) => readonly string[], width: number, paint: Paint): string[] {
  const bare = lines(plain);
  const painted = lines(paint);
  return bare.flatMap((line, i) => {
    if (displayWidth(line) > width) return wrap(line, width, /(?<= )/);
    const coloured = painted[i] ?? '';
    // A table that measures a character otherwise may have cut a colour in two.
    return stripVTControlCharacters(coloured) === line ? [coloured] : [line];
  });
}

/** A word, and what there is to say of it. */
const HELP: readonly (readonly [string, string])[] = [
  ['OPEN', 'sessions that go on: how far they have come, their round trip, whose turn it is and since when'],
  ['ENDED', 'sessions with a verdict, newest first; later packets may change one: (was …)'],
  ['FINDINGS', 'what many sessions show together, worst first'],
  ['LOST', 'packets that came too fast; what they would have decided is undetermined'],
  ['', ''],
  ['Up, Down', 'select (also k, j, PageUp, PageDown, Home, End); Esc lets go'],
  ['Enter', 'all about it: why, the packets that show it, what to do'],
  ['Tab', 'the next list'],
  ['f, /', 'only sessions with this text: an address, a fate, a cause, who ended it; Esc clears'],
  ['Space, p', 'the picture stands still; the watch goes on'],
  ['Ctrl-L', 'draw everything anew'],
  ['Ctrl-Z', 'to the shell; fg comes back, packets wait as long as there is room for them'],
  ['q', 'end: what is open is decided; exit code 0'],
  ['Ctrl-C', 'the same with exit code 130; a second one ends at once'],
];
const WORD_WIDTH = 10;
