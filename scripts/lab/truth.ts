import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Expected, Place, Side, Together } from './scenario.ts';

/** truth.json: what was done, known before anything looked at the captures. */
export interface Truth {
  readonly name: string;
  readonly made: string;
  readonly place: Place;
  readonly versions: Readonly<Record<string, string>>;
  readonly clients: readonly {
    readonly argv: readonly string[];
    /** The last lines of its stderr. */
    readonly said: readonly string[];
    /** null: it still ran when the capture ended, or a signal ended it. */
    readonly exit: number | null;
  }[];
  /** The last lines of the servers' logs. */
  readonly server: readonly string[];
  readonly sides: Readonly<Partial<Record<Side, SideTruth>>>;
  /** As in the scenario. */
  readonly together?: readonly Together[];
}

export interface SideTruth {
  readonly file: string;
  /** The port to be watched. */
  readonly port: number;
  /** By first packet. */
  readonly sessions: readonly Expected[];
}

/** All results in a folder, by name. */
export function readTruths(folder: string): readonly Truth[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && existsSync(join(folder, name, 'truth.json')))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name, 'truth.json'), 'utf8')) as Truth);
}
