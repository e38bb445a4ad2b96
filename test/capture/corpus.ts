import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

/** The folder of captures that are tested with but not part of this package; `undefined` without it. */
export const corpus: string | undefined = process.env.SSHFATE_CORPUS || undefined;

if (corpus === undefined) {
  console.warn('SSHFATE_CORPUS is not set: the tests against the capture corpus are skipped.');
}

export const corpusTitle = (title: string): string =>
  corpus === undefined ? `${title} (skipped: SSHFATE_CORPUS is not set)` : title;

/** Every file of the corpus that is not a note beside one, as a path in the folder. */
export function corpusFiles(): string[] {
  return readdirSync(corpus as string, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(txt|tsv|md|json|ndjson)$/.test(entry.name))
    .map((entry) =>
      join(entry.parentPath, entry.name).slice((corpus as string).replace(/\/$/, '').length + 1),
    )
    .map((path) => path.split(sep).join('/'))
    .sort();
}
