import type { CaptureRecord } from './document.ts';
import { counted } from './layout.ts';

/** Sessions that did not pass the filters of the command line. */
export const leftOutOf = (captures: readonly CaptureRecord[]): number =>
  captures.reduce((sum, { leftOut = 0 }) => sum + leftOut, 0);

/** There are sessions, and none of them is told. */
export const noneAskedFor = (leftOut: number): string =>
  `No session passes the filters (--fate, --cause, --client, --server, --since, --until): ${counted(leftOut, 'session')} ${leftOut === 1 ? 'was' : 'were'} left out.`;
