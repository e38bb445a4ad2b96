import { visible } from '../report/escape.ts';

/**
 * The edges at which text leaves for a ticket, one function a format. Each takes raw text and gives text that its
 * system shows and does not obey: no mention, no reference, no link, no markup comes of it. `report/escape.ts` has
 * the other edges.
 */

/**
 * Plain text (Request Tracker, PagerDuty). Programs make links and mentions of plain text, too: addresses are written
 * as security people do (`http[:]//`), and an `@` that would begin a mention as `[@]`. One within a word stays:
 * `…@openssh.com` is part of an algorithm's name, to be copied.
 */
export function forNote(text: string): string {
  return visible(text)
    .replaceAll('://', '[:]//')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}[.]`)
    .replace(/\b(mailto|tel):/gi, '$1[:]')
    .replace(/(^|[^\p{L}\p{N}])@/gu, '$1[@]')
    .replace(/@(?=\[)/g, '[@]');
}

/** ServiceNow's journal fields take what stands between [code] tags for HTML. */
export function forServiceNow(text: string): string {
  return forNote(text).replace(/\[(?=\/?code\])/gi, '\\x5b');
}

/**
 * Between `<pre>` and `</pre>`, and a Markdown fence of tildes: a Redmine does not say whether it reads Textile,
 * CommonMark or the older Markdown. Nothing may end either block, or be a tag or entity to CommonMark.
 */
export function forRedmine(text: string): string {
  return forNote(text)
    .replace(/<(?=[A-Za-z/!?])/g, '\\x3c')
    .replace(/&(?=#?\w+;)/g, '\\x26')
    .replace(/~{3,}/g, (tildes) => '\\x7e'.repeat(tildes.length));
}

/** Within {noformat}: its end, and mentions, which Jira looks for in the text as it was typed. */
export function forJiraWiki(text: string): string {
  return forNote(text)
    .replace(/\{(?=noformat)/gi, '\\x7b')
    .replace(/\[(?=~)/g, '\\x5b');
}

/** A text node of a document that is data: there is no markup to escape. */
export function forAdf(text: string): string {
  return visible(text);
}
