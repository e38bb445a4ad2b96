import { forTerminal } from './escape.ts';
import { grouped } from './layout.ts';
import { endingColumns, FINDING_COLUMNS, openColumns, rowKinds } from './live-lists.ts';
import type { LiveList, LivePicture } from './live-picture.ts';
import {
  headingLine,
  placeColumns,
  reversed,
  rowLine,
  ruled,
  type SpanColumn,
  type SpanLine,
} from './span-line.ts';

/** A list under its title, in `room` lines. */
export function listLines(picture: LivePicture, list: LiveList, width: number, room: number): SpanLine[] {
  const title = sectionTitle(picture, list, width);
  const { openRows, endingRows, findings, severalServers } = picture;
  const size = { width, room: room - 1 };
  const rowsOf = (): SpanLine[] => {
    switch (list) {
      case 'open': {
        const columns = openColumns(rowKinds(openRows, severalServers));
        return table(picture, list, openRows, columns, size);
      }
      case 'endings': {
        const columns = endingColumns(rowKinds(endingRows, severalServers));
        return table(picture, list, endingRows, columns, size);
      }
      case 'findings':
        return table(picture, list, findings, FINDING_COLUMNS, size);
    }
  };
  const lines = [title, ...rowsOf()];
  while (lines.length < room) lines.push([]);
  return lines.slice(0, Math.max(0, room));
}

/** Headings are left out where there is hardly room for rows. */
function table<Row>(
  picture: LivePicture,
  list: LiveList,
  rows: readonly Row[],
  columns: readonly SpanColumn<Row>[],
  { width, room }: { readonly width: number; readonly room: number },
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

export function sectionTitle(picture: LivePicture, list: LiveList, width: number): SpanLine {
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
