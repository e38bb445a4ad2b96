import type { Block } from './document.ts';
import { type Detail, type DocumentOptions, findingsDocument } from './findings-document.ts';
import type { Body, Markup } from './markup/markup.ts';
import type { TicketContent } from './ticket-content.ts';

export interface FittedComment {
  readonly body: Body;
  /** Sentences for the user about what had no room. */
  readonly leftOut: readonly string[];
}

/** Findings that one comment tells; more nobody reads there. */
const MAX_TOLD = 50;

/**
 * The comment in the system's markup, within its limit: as many whole findings as there is room for, in full; when
 * not even one is, as many as there is room for in brief.
 */
export function fittedComment(
  content: TicketContent,
  options: Omit<DocumentOptions, 'detail' | 'told'>,
  markup: Markup,
  maximum: number,
  marker: string,
): FittedComment {
  const most = Math.min(content.findings.length, MAX_TOLD);
  const write = (detail: Detail, told: number): Body =>
    markup.write(findingsDocument(content, { ...options, detail, told }), marker);
  const fits = (body: Body): boolean => markup.length(body) <= maximum;
  for (const detail of ['full', 'brief'] as const) {
    const told = largest(most, (count) => fits(write(detail, count)));
    if (told > 0 || (most === 0 && told === 0)) {
      return { body: write(detail, told), leftOut: leftOut(content.findings.length - told, detail) };
    }
  }
  const headline: Block[] = findingsDocument(content, { ...options, detail: 'brief', told: 0 }).slice(0, 1);
  return {
    body: markup.write(headline, marker),
    leftOut: ['The comment has room for the headline only.'],
  };
}

function leftOut(count: number, detail: Detail): string[] {
  return [
    ...(detail === 'brief' ? ['The comment has no room for the evidence of any finding.'] : []),
    ...(count > 0 ? [`The comment has no room for ${count} of the findings.`] : []),
  ];
}

/** The largest number up to `most` for which `holds`, which does not hold again once it does not; 0 when for none. */
function largest(most: number, holds: (count: number) => boolean): number {
  let good = 0;
  let bad = most + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (holds(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
