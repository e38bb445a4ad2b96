import { forJson } from '../escape.ts';
import { htmlPage } from '../page/html.ts';
import { markdownPage } from '../page/markdown.ts';
import { textPage } from '../page/text.ts';
import { comparisonPage, type ReportedComparison } from './comparison-page.ts';

export const COMPARISON_FORMATS = ['table', 'ndjson', 'json', 'markdown', 'html'] as const;
export type ComparisonFormat = (typeof COMPARISON_FORMATS)[number];

/** A comparison in each format. `width`: columns of a terminal. */
export const COMPARISON_WRITERS: Readonly<
  Record<ComparisonFormat, (reported: ReportedComparison, width: number) => string>
> = {
  table: (reported, width) => textPage(comparisonPage(reported), width),
  // First what is told of the captures, then a session a line.
  ndjson: ({ comparison }) => {
    const { sessions, ...rest } = comparison;
    return [rest, ...sessions].map((one) => `${forJson(JSON.stringify(one))}\n`).join('');
  },
  json: ({ comparison }) => `${forJson(JSON.stringify(comparison, undefined, 2))}\n`,
  markdown: (reported) => markdownPage(comparisonPage(reported)),
  html: (reported) => htmlPage(comparisonPage(reported)),
};
