import { extname } from 'node:path';
import { UsageError } from './errors.ts';
import { oneOf } from './option-values.ts';
import type { Terminal } from './terminal.ts';

export const INCIDENT_FORMATS = ['markdown', 'html', 'json', 'text'] as const;
export type IncidentFormat = (typeof INCIDENT_FORMATS)[number];

/** Of a file whose ending names no format: what it holds all the same. */
export function sayUnknownEnding(
  file: string,
  named: string | undefined,
  format: string,
  terminal: Pick<Terminal, 'say'>,
): void {
  const ending = extname(file);
  if (named !== undefined || ending === '') return;
  terminal.say(
    `'${file}' is written as ${format}: '${ending}' names no format. Choose another with --format.`,
  );
}

/** What the name of a file says that it shall be; undefined when it says nothing. */
export function formatOfFile(path: string): IncidentFormat | undefined {
  return FORMATS_BY_ENDING[extname(path).toLowerCase()];
}

/** The value of `--format`; the endings of files are names, too, as in md. */
export function parseFormat<Format extends string>(text: string, known: readonly Format[]): Format {
  const named = known.find((format) => format === text || format === formatOfFile(`_.${text}`));
  return named ?? (oneOf(text, known, 'format') as Format);
}

/** Of `analyze`, whose formats are for terminals and programs: whoever asks for a page is sent to `report`. */
export function parseDataFormat<Format extends string>(text: string, known: readonly Format[]): Format {
  const format = formatOfFile(`_.${text}`) ?? text;
  if (!known.includes(text as Format) && (format === 'markdown' || format === 'html')) {
    throw new UsageError(`'${text}' is a format of 'sshfate report'. Here ${known.join(', ')} are known.`);
  }
  return parseFormat(text, known);
}

const FORMATS_BY_ENDING: Readonly<Record<string, IncidentFormat>> = {
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.json': 'json',
  '.txt': 'text',
  '.text': 'text',
};
