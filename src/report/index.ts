import type { Reporter, ReportOutput } from './reporter.ts';
import type { TableOptions } from './table.ts';

/**
 * The formats of `--format`. Each is loaded when it is asked for: what a table needs takes longer to load than a
 * small capture takes to judge.
 */
export const REPORTERS = {
  table: async (output, options) => (await import('./table.ts')).tableReporter(output, options),
  ndjson: async (output) => (await import('./ndjson.ts')).ndjsonReporter(output),
  json: async (output, options) => (await import('./json.ts')).jsonReporter(output, options.message),
  csv: async (output) => (await import('./csv.ts')).csvReporter(output),
} as const satisfies Record<string, (output: ReportOutput, options: TableOptions) => Promise<Reporter>>;

export type ReportFormat = keyof typeof REPORTERS;
