import type { CaptureRecord } from './document.ts';
import { counted, grouped } from './layout.ts';

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

/** The folder that all names begin with, with its slash; empty when there is none. */
export function commonFolder(names: readonly string[]): string {
  let folder = names[0]?.replace(/[^/]*$/, '') ?? '';
  while (folder !== '' && !names.every((name) => name.startsWith(folder))) {
    folder = folder.replace(/[^/]*\/$/, '');
  }
  return folder;
}
