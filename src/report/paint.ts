import { styleText } from 'node:util';
import type { Fate } from '../fate/vocabulary.ts';
import type { Severity } from './document.ts';
import { severityOf } from './severity.ts';

export type Format = Parameters<typeof styleText>[0];

/** Colours text, or leaves it alone: decided once, by whoever knows where the text goes. */
export type Paint = (format: Format, text: string) => string;

export const plain: Paint = (_format, text) => text;

/** `styleText` alone would look at stdout and the environment again, and differently from one Node.js to the next. */
export const coloured: Paint = (format, text) => styleText(format, text, { validateStream: false });

/** Without colours, but with what a terminal can do beside them: for a screen on which something must stand out. */
export const monochrome: Paint = (format, text) => {
  const attributes = [format].flat().filter((one) => ATTRIBUTES.has(one));
  return attributes.length === 0 ? text : coloured(attributes, text);
};

const ATTRIBUTES: ReadonlySet<string> = new Set(['bold', 'dim', 'inverse', 'underline']);

export const SEVERITY_FORMAT: Readonly<Record<Severity, Format>> = {
  high: ['red', 'bold'],
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
};

export function fateFormat(fate: Fate, causeId: string | undefined): Format {
  return fate === 'completed' ? 'green' : SEVERITY_FORMAT[severityOf(fate, causeId)];
}
