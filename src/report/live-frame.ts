import type { Finding } from './document.ts';
import { forTerminal } from './escape.ts';
import { clip, counted, displayWidth, grouped, wrap } from './layout.ts';
import { endingColumns, FINDING_COLUMNS, openColumns } from './live-lists.ts';
import { LIVE_LISTS, type LiveList, type LivePage, type LivePicture } from './live-picture.ts';
import { findingLines } from './overview-text.ts';
import { fateFormat, type Paint, plain, SEVERITY_FORMAT } from './paint.ts';
import { sessionView } from './session-view.ts';
import {
  clipped,
  filled,
  headingLine,
  lineWidth,
  paintLine,
  placeColumns,
  reversed,
  rowLine,
  type SpanColumn,
  type SpanLine,
} from './span-line.ts';

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
  return page.kind === 'lists' ? 0 : Math.max(0, pageLines(page, width, plain).length - pageRows(height));
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
  const head = [titleLine(picture, width), countsLine(picture)];
  const foot = footLines(picture, width);
  const room = height - head.length - foot.length;
  if (height < LOW || width < NARROW) {
    const { list } = picture;
    return [...head, ...listLines(picture, list, width, room), ...foot];
  }
  if (width >= WIDE) return [...head, ...besideEachOther(picture, width, room), ...foot];
  const most = height < 30 ? 3 : 6;
  const fates = fateLines(picture, width, most, 2);
  const findingRows = Math.min(Math.max(1, picture.findings.length), height < 30 ? 2 : 4);
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
    ...interfaces.flatMap(
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

function countsLine(picture: LivePicture): SpanLine {
  const { open, onlySyns, judged, judgedASecond, findingsOpen, packetsASecond, lost, paused } = picture;
  const syns = onlySyns > 0 ? ` + ${counted(onlySyns, 'SYN')}` : '';
  const rate = judgedASecond >= 1 ? ` (${grouped(Math.round(judgedASecond))}/s)` : '';
  return [
    ...(paused === undefined
      ? []
      : [
          { text: ` PAUSED, ${counted(paused.judgedSince, 'ending')} since `, format: 'inverse' } as const,
          { text: '   ' },
        ]),
    { text: `${grouped(open)} open${syns}   ${grouped(judged)} ended${rate}   ` },
    { text: `${grouped(Math.round(packetsASecond))} packets/s   ` },
    lost > 0 ? { text: `${grouped(lost)} LOST`, format: ['red', 'bold'] } : { text: '0 lost' },
    { text: `   ${counted(findingsOpen, 'finding')}` },
  ];
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

/** Sessions by fate with bars, in one or two columns. */
function fateLines(
  { fates, judged }: LivePicture,
  width: number,
  mostRows: number,
  columns: 1 | 2,
): SpanLine[] {
  const title = ruled([{ text: 'FATES', format: 'bold' }], width);
  if (fates.length === 0) return [title, [{ text: ' none yet', format: 'dim' }]];
  const column = Math.floor((width - (columns - 1) * 2) / columns);
  const shown = fates.slice(0, mostRows * columns);
  const rows = Math.ceil(shown.length / columns);
  const counts = Math.max(...shown.map(({ sessions }) => grouped(sessions).length));
  const bar = Math.max(0, Math.min(24, column - FATE_WIDTH - counts - 3));
  const cells = shown.map(
    ({ fate, sessions }): SpanLine => [
      { text: ` ${fate.padEnd(FATE_WIDTH)}`, format: fateFormat(fate, undefined) },
      { text: ` ${grouped(sessions).padStart(counts)} ` },
      // Whatever occurs shall be seen.
      { text: '█'.repeat(Math.max(1, Math.round((bar * sessions) / Math.max(1, judged)))), format: 'dim' },
    ],
  );
  const lines = Array.from({ length: rows }, (_, i) => {
    const right = cells[i + rows];
    return [...filled(cells[i] ?? [], column), ...(right === undefined ? [] : [{ text: '  ' }, ...right])];
  });
  const others = fates.length - shown.length;
  if (others === 0) return [title, ...lines];
  return [
    ruled(
      [
        { text: 'FATES', format: 'bold' },
        { text: ` and ${others} more`, format: 'dim' },
      ],
      width,
    ),
    ...lines,
  ];
}

const FATE_WIDTH = 21;

/** Findings with their words, where there is room for them. */
function findingBlock(picture: LivePicture, width: number, room: number): SpanLine[] {
  const lines: SpanLine[] = [sectionTitle(picture, 'findings', width)];
  if (picture.findings.length === 0) lines.push([{ text: ' none', format: 'dim' }]);
  for (const [i, finding] of picture.findings.entries()) {
    const block = findingText(finding, width);
    if (lines.length + block.length > room) break;
    const isSelected = picture.list === 'findings' && picture.selected === i;
    lines.push(...block.map((line) => (isSelected ? reversed(line, width) : line)));
  }
  return lines;
}

function findingText(
  { severity, title, sessions, clients, clientsAtLeast, cause, summary }: Finding,
  width: number,
): SpanLine[] {
  const [first = '', ...more] = wrap(forTerminal(title), width - SEVERITY_WIDTH);
  const indent = ' '.repeat(SEVERITY_WIDTH);
  const why = summary ?? cause?.summary;
  return [
    [
      { text: ` ${severity.padEnd(SEVERITY_WIDTH - 1)}`, format: SEVERITY_FORMAT[severity] },
      { text: first, format: 'bold' },
    ],
    ...more.map((text): SpanLine => [{ text: indent + text, format: 'bold' }]),
    [
      {
        text: `${indent}${counted(sessions, 'session')} of ${clientsAtLeast ? 'at least ' : ''}${counted(clients, 'client')}`,
      },
    ],
    ...(why === undefined ? [] : wrap(forTerminal(why), width - SEVERITY_WIDTH).slice(0, 3)).map(
      (text): SpanLine => [{ text: indent + text, format: 'dim' }],
    ),
  ];
}

const SEVERITY_WIDTH = 8;

function listLines(picture: LivePicture, list: LiveList, width: number, room: number): SpanLine[] {
  const title = sectionTitle(picture, list, width);
  const { openRows, endingRows, findings, severalServers } = picture;
  const rowsOf = (): SpanLine[] => {
    switch (list) {
      case 'open':
        return table(
          picture,
          list,
          openRows,
          openColumns({ severalServers, hasIpv6: openRows.some(isIpv6) }),
          width,
          room - 1,
        );
      case 'endings':
        return table(
          picture,
          list,
          endingRows,
          endingColumns({ severalServers, hasIpv6: endingRows.some(isIpv6) }),
          width,
          room - 1,
        );
      case 'findings':
        return table(picture, list, findings, FINDING_COLUMNS, width, room - 1);
    }
  };
  const lines = [title, ...rowsOf()];
  while (lines.length < room) lines.push([]);
  return lines.slice(0, Math.max(0, room));
}

const isIpv6 = ({ client }: { readonly client: string }): boolean => client.startsWith('[');

/** Headings are left out where there is hardly room for rows. */
function table<Row>(
  picture: LivePicture,
  list: LiveList,
  rows: readonly Row[],
  columns: readonly SpanColumn<Row>[],
  width: number,
  room: number,
): SpanLine[] {
  if (rows.length === 0) return [[{ text: ` ${nothingIn(picture, list)}`, format: 'dim' }]];
  const places = placeColumns(columns, width - MARK_WIDTH);
  const selected = picture.list === list ? picture.selected : undefined;
  const hasHeadings = room > 3 && list !== 'findings';
  const shown = Math.max(1, hasHeadings ? room - 1 : room);
  const first = Math.max(0, Math.min((selected ?? 0) - Math.floor(shown / 2), rows.length - shown));
  const lines = rows.slice(first, first + shown).map((row, i): SpanLine => {
    const isSelected = first + i === selected;
    const line: SpanLine = [{ text: isSelected ? '>' : ' ' }, ...rowLine(places, row)];
    return isSelected ? reversed(line, width) : line;
  });
  return hasHeadings ? [[{ text: ' ' }, ...headingLine(places)], ...lines] : lines;
}

const MARK_WIDTH = 1;

function nothingIn({ filter }: LivePicture, list: LiveList): string {
  if (filter !== undefined && filter.text !== '' && list !== 'findings') return 'none that matches';
  return list === 'endings' ? 'none yet' : 'none';
}

const TITLES: Readonly<Record<LiveList, string>> = { open: 'OPEN', endings: 'ENDED', findings: 'FINDINGS' };

function sectionTitle(picture: LivePicture, list: LiveList, width: number): SpanLine {
  const { filter, openRows, endingRows, findings, open, judged, findingsOpen } = picture;
  const [shown, all] = {
    open: [openRows.length, open],
    endings: [endingRows.length, judged],
    findings: [findings.length, findingsOpen],
  }[list] as [number, number];
  const isActive = picture.list === list;
  const isFiltered = filter !== undefined && filter.text !== '' && list !== 'findings';
  const which = isFiltered
    ? ` ${shown} with '${forTerminal(filter.text)}'`
    : shown < all
      ? ` last ${grouped(shown)} of ${grouped(all)}`
      : ` ${grouped(all)}`;
  return ruled(
    [
      { text: isActive ? `[${TITLES[list]}]` : TITLES[list], format: isActive ? ['bold', 'cyan'] : 'bold' },
      {
        text: list === 'findings' ? which.replace('last', 'worst') : which,
        format: isFiltered ? 'yellow' : 'dim',
      },
    ],
    width,
  );
}

/** A title with a line behind it. */
function ruled(title: SpanLine, width: number): SpanLine {
  const rest = width - lineWidth(title) - 1;
  return [...title, { text: rest > 0 ? ` ${'─'.repeat(rest)}` : '', format: 'dim' }];
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

// Pages of text

function textPage(
  picture: LivePicture,
  page: Exclude<LivePage, { kind: 'lists' }>,
  size: FrameSize,
  paint: Paint,
): string[] {
  const { width, height } = size;
  const rows = pageRows(height);
  const all = pageLines(page, width, paint);
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

function pageLines(page: Exclude<LivePage, { kind: 'lists' }>, width: number, paint: Paint): string[] {
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

/** For those who walk through the lists. */
export function nextList(list: LiveList, step: 1 | -1): LiveList {
  const i = LIVE_LISTS.indexOf(list);
  return LIVE_LISTS[(i + step + LIVE_LISTS.length) % LIVE_LISTS.length] ?? list;
}
