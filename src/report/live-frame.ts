import { forTerminal } from './escape.ts';
import { clip, counted, displayWidth, grouped, wrap } from './layout.ts';
import { fateLines, findingBlock } from './live-panels.ts';
import type { LivePage, LivePicture } from './live-picture.ts';
import { listLines } from './live-tables.ts';
import { type LiveTextPage, textPageLines } from './live-text-page.ts';
import { type Paint, plain } from './paint.ts';
import { clipped, filled, lineWidth, paintLine, type Span, type SpanLine } from './span-line.ts';

export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/** A picture as the lines of a terminal: exactly `height` of them, none wider than `width`. */
export function liveFrame(picture: LivePicture, size: FrameSize, paint: Paint): string[] {
  const { width, height } = size;
  if (width < LEAST_WIDTH || height < LEAST_HEIGHT) return tooSmall(size);
  const { page } = picture;
  const lines =
    page.kind === 'lists'
      ? listsPage(picture, size).map((line) => paintLine(line, width, paint))
      : textPage(picture, page, size, paint);
  while (lines.length < height) lines.push('');
  return lines.slice(0, height);
}

/** How far a page can be scrolled. */
export function lastScroll(page: LivePage, { width, height }: FrameSize): number {
  return page.kind === 'lists' ? 0 : Math.max(0, textPageLines(page, width, plain).length - pageRows(height));
}

/** Lines of a page that are seen at once. */
export function pageRows(height: number): number {
  return Math.max(1, height - 2);
}

const LEAST_WIDTH = 30;
const LEAST_HEIGHT = 6;
/** From here on the lists have room beside fates and findings. */
const WIDE = 150;
/** Below, there is the list that is chosen and nothing else. */
const LOW = 18;
const NARROW = 60;

function tooSmall({ width, height }: FrameSize): string[] {
  const lines = wrap(`Too small: ${LEAST_WIDTH} x ${LEAST_HEIGHT} at least.`, Math.max(1, width));
  while (lines.length < height) lines.push('');
  return lines.slice(0, height).map((line) => clip(line, width));
}

// The lists

function listsPage(picture: LivePicture, { width, height }: FrameSize): SpanLine[] {
  const head = [titleLine(picture, width), countsLine(picture, width)];
  const foot = footLines(picture, width);
  const room = height - head.length - foot.length;
  if (height < LOW || width < NARROW) {
    const { list } = picture;
    return [...head, ...listLines(picture, list, width, room), ...foot];
  }
  if (width >= WIDE) return [...head, ...besideEachOther(picture, width, room), ...foot];
  const most = height < 30 ? 3 : 6;
  const fates = fateLines(picture, width, most, 2);
  const mostFindings = picture.list === 'findings' ? Math.floor(room / 2) : height < 30 ? 2 : 4;
  const findingRows = Math.min(Math.max(1, picture.findings.length), mostFindings);
  const findings = listLines(picture, 'findings', width, findingRows + 1);
  return [
    ...head,
    ...fates,
    ...findings,
    ...twoLists(picture, width, room - fates.length - findings.length),
    ...foot,
  ];
}

function besideEachOther(picture: LivePicture, width: number, room: number): SpanLine[] {
  const right = Math.floor(width * 0.36);
  const left = width - right - SEPARATOR.length;
  const lists = twoLists(picture, left, room);
  const fates = fateLines(picture, right, 14, 1);
  const findings = [...fates, [], ...findingBlock(picture, right, room - fates.length - 1)];
  return Array.from({ length: room }, (_, i) => [
    ...filled(lists[i] ?? [], left),
    { text: SEPARATOR, format: 'dim' },
    ...clipped(findings[i] ?? [], right),
  ]);
}

const SEPARATOR = ' │ ';

/** Sessions that go on above those that ended; their places stay while rows come and go. */
function twoLists(picture: LivePicture, width: number, room: number): SpanLine[] {
  const share = picture.list === 'open' ? 0.55 : 0.4;
  const open = Math.max(3, Math.round(room * share));
  return [...listLines(picture, 'open', width, open), ...listLines(picture, 'endings', width, room - open)];
}

function titleLine({ interfaces, runningMs, time }: LivePicture, width: number): SpanLine {
  const left: SpanLine = [
    { text: 'sshfate live', format: 'bold' },
    // Those that are down come first: there may be more than fit.
    ...[...interfaces]
      .sort((a, b) => Number(a.capturing) - Number(b.capturing))
      .flatMap(
        ({ name, via, capturing }): SpanLine => [
          { text: `  ${forTerminal(name)} `, format: 'bold' },
          capturing ? { text: via, format: 'dim' } : { text: `${via} DOWN`, format: ['red', 'bold'] },
        ],
      ),
  ];
  const right = `${clock(runningMs)}  ${time} UTC`;
  const room = width - right.length - 2;
  return room < 20 ? left : [...filled(left, room), { text: '  ' }, { text: right, format: 'dim' }];
}

function countsLine(picture: LivePicture, width: number): SpanLine {
  const { open, onlySyns, judged, judgedASecond, findingsOpen, packetsASecond, lost, paused } = picture;
  const rate = judgedASecond >= 1 ? ` (${grouped(Math.round(judgedASecond))}/s)` : '';
  const parts: Span[] = [
    { text: `${grouped(open)} open` },
    { text: `${grouped(judged)} ended${rate}` },
    { text: `${grouped(Math.round(packetsASecond))} packets/s` },
  ];
  if (onlySyns > 0) parts.push({ text: counted(onlySyns, 'unanswered SYN') });
  if (lost > 0) parts.unshift({ text: `${grouped(lost)} LOST`, format: ['red', 'bold'] });
  else parts.push({ text: '0 lost' });
  parts.push({ text: counted(findingsOpen, 'finding') });
  if (paused !== undefined) {
    parts.unshift({ text: ` PAUSED, ${counted(paused.judgedSince, 'ending')} since `, format: 'inverse' });
  }
  const line = (): SpanLine => parts.flatMap((part, i) => (i === 0 ? [part] : [{ text: '   ' }, part]));
  while (parts.length > 1 && lineWidth(line()) > width) parts.pop();
  return line();
}

/** Running time: '0:03:25', '2d 04:05:06'. */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const days = Math.floor(seconds / 86_400);
  const two = (number: number): string => String(number).padStart(2, '0');
  const minutes = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const hours = Math.floor(seconds / 3600) % 24;
  return days > 0 ? `${days}d ${two(hours)}:${minutes}` : `${hours}:${minutes}`;
}

function footLines({ notice, filter, page }: LivePicture, width: number): SpanLine[] {
  const keys: SpanLine =
    filter?.isTyped === true
      ? [
          { text: 'Filter: ', format: 'bold' },
          { text: forTerminal(filter.text) },
          { text: ' ', format: 'inverse' },
          { text: '   address, fate or cause; Enter keeps it, Esc clears it', format: 'dim' },
        ]
      : [{ text: keysText(page.kind, width), format: 'dim' }];
  return notice === undefined ? [keys] : [[{ text: forTerminal(notice), format: 'yellow' }], keys];
}

function keysText(kind: LivePage['kind'], width: number): string {
  if (kind !== 'lists') return 'Up/Down scroll   Esc back';
  const all = ['↑↓ select', 'Enter open', 'Tab list', 'f filter', 'Space pause', '? help', 'q quit'];
  const text = all.join('   ');
  return displayWidth(text) <= width ? text : '? help   q quit';
}

function textPage(picture: LivePicture, page: LiveTextPage, size: FrameSize, paint: Paint): string[] {
  const { width, height } = size;
  const rows = pageRows(height);
  const all = textPageLines(page, width, paint);
  const last = Math.max(0, all.length - rows);
  const first = 'scroll' in page ? Math.min(page.scroll, last) : 0;
  const shown = all.slice(first, first + rows);
  while (shown.length < rows) shown.push('');
  const where =
    last === 0 ? '' : `   lines ${first + 1} to ${first + Math.min(rows, all.length)} of ${all.length}`;
  return [
    paintLine(titleLine(picture, width), width, paint),
    ...shown,
    paintLine([{ text: keysText(page.kind, width) + where, format: 'dim' }], width, paint),
  ];
}
