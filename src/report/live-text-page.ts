import { clip, displayWidth, wrap } from './layout.ts';
import type { LivePage } from './live-picture.ts';
import { findingLines } from './overview-text.ts';
import { type Paint, plain } from './paint.ts';
import { sessionView } from './session-view.ts';

export type LiveTextPage = Exclude<LivePage, { readonly kind: 'lists' }>;

/** All lines of a page, none wider than `width`. */
export function textPageLines(page: LiveTextPage, width: number, paint: Paint): string[] {
  switch (page.kind) {
    case 'help':
      return HELP.flatMap((line) => wrap(line, width)).map((line) => clip(line, width));
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

/** Lines that were to be copied are longer than the screen: they are broken there. Measured without their colours. */
function fitting(lines: (paint: Paint) => readonly string[], width: number, paint: Paint): string[] {
  const painted = lines(paint);
  return lines(plain).flatMap((line, i) =>
    displayWidth(line) <= width ? [painted[i] ?? line] : wrap(line, width, /(?<= )/),
  );
}

const HELP = [
  'SESSIONS BY WHAT BECOMES OF THEM',
  'OPEN: sessions that go on; how far they have come, their round trip, and whose turn it is since when (red: for longer than it may take).',
  'ENDED: verdicts, newest first. A later packet may change one: (was ...) says what was said before.',
  'FINDINGS: what many sessions show together; worst first.',
  'LOST: packets that the capture could not keep up with; what they would have decided is undetermined.',
  '',
  'KEYS',
  'Up Down k j    select a session or a finding; PageUp, PageDown, Home, End; Esc unselects',
  'Enter          all about it: why, evidence, what to do',
  'Tab            the next list',
  'f or /         show only sessions that match a text: an address, a fate, a cause, who ended it; Esc clears',
  'Space or p     let the picture stand still; the watch goes on',
  'Ctrl-L         draw everything anew',
  'Ctrl-Z         to the shell; fg comes back (packets wait for as long as the buffer holds)',
  'q              end the watch: what is open is decided; exit code 0',
  'Ctrl-C         the same with exit code 130; once more ends at once',
];
