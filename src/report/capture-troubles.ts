import type { CaptureRecord } from './document.ts';
import { counted, duration, grouped } from './layout.ts';

/** No packet on a wire is longer: who cut those had another way. */
const WHOLE = 65_535;

/** What was not as it should be; raw. */
export function captureTroubles(capture: CaptureRecord): string[] {
  const troubles: string[] = [];
  if (capture.damage !== undefined) troubles.push(capture.damage.message);
  if (capture.drops) troubles.push(`The capturing program lost ${counted(capture.drops, 'packet')}.`);
  if (capture.cutPackets > 0) {
    const { cutPackets, snapLength = WHOLE } = capture;
    const why = snapLength < WHOLE ? `, by a snap length of ${snapLength}` : '';
    troubles.push(`${counted(cutPackets, 'packet')} ${cutPackets === 1 ? 'was' : 'were'} cut short${why}.`);
  }
  for (const [name, count] of Object.entries(capture.limits)) {
    troubles.push(`Limit reached: ${name.replaceAll('-', ' ')}, ${grouped(count)}.`);
  }
  return troubles;
}

/** How long the packets of a capture span; undefined without packets. */
export function lengthOf({ start, end }: CaptureRecord): string | undefined {
  return start === undefined || end === undefined ? undefined : between(start, end);
}

/** Of an evidence file: that it is a piece, and how much longer its source went on. Empty for all other captures. */
export function takenFrom({ end, sourceEnd }: CaptureRecord): string {
  if (end === undefined || sourceEnd === undefined) return '';
  const more =
    sourceEnd > end ? `a capture that goes on for ${between(end, sourceEnd)} more` : 'another capture';
  return `, taken from ${more}`;
}

const between = (start: string, end: string): string =>
  duration(Math.max(0, Date.parse(end) - Date.parse(start)));

/** The folder that all names begin with, with its slash; empty when there is none. */
export function commonFolder(names: readonly string[]): string {
  let folder = names[0]?.replace(/[^/]*$/, '') ?? '';
  while (folder !== '' && !names.every((name) => name.startsWith(folder))) {
    folder = folder.replace(/[^/]*\/$/, '');
  }
  return folder;
}
