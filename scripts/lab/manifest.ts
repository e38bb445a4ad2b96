import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Side } from './scenario.ts';
import type { Truth } from './truth.ts';

export const CAPTURES = join(import.meta.dirname, '../../captures');

/** captures/ holds all results in one folder: the scenario and the side are in the name. */
export const shippedName = (scenario: string, side: Side, file: string): string =>
  `${scenario}.${side}.${file.split('.').at(-1)}`;

/** What captures/manifest.json says; a side with nothing in its capture is left out. */
export function shippedTruths(): readonly Truth[] {
  const text = readFileSync(join(CAPTURES, 'manifest.json'), 'utf8');
  return (JSON.parse(text) as { readonly scenarios: readonly Truth[] }).scenarios;
}

export const inCaptures = (file: string): string => join(CAPTURES, file);
