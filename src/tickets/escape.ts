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

/**
 * Running text in Markdown as GitHub and GitLab read it. They look for mentions, references and addresses in what
 * the Markdown became, where an entity or a backslash is gone already; they leave code alone. So every word that
 * is not plainly a word or a number is shown as code.
 */
export function forMarkdownText(text: string, where: MarkdownPlace): string {
  const written: string[] = [];
  let doubtful: string[] = [];
  const flush = (): void => {
    if (doubtful.length > 0) written.push(forMarkdownCode(doubtful.join(' '), where));
    doubtful = [];
  };
  for (const word of visible(text).split(/\s+/)) {
    if (word !== '' && !isPlain(word)) {
      doubtful.push(word);
      continue;
    }
    flush();
    // An empty one is a space at an end.
    written.push(word);
  }
  flush();
  return written.join(' ');
}

/** In a table `|` ends a cell even within code. */
export type MarkdownPlace = 'text' | 'table';

export function forMarkdownCode(text: string, where: MarkdownPlace): string {
  const shown = visible(text).replace(/\s+/g, ' ');
  if (shown.trim() === '') return '';
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  // CommonMark takes one space off each end when both have one.
  const pad = /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  const inside = where === 'table' ? shown.replace(/\|/g, '\\|') : shown;
  return `${fence}${pad}${inside}${pad}${fence}`;
}

/** Letters and digits with single marks between them, and the marks that sentences have around words. */
const WORD = /^[("'“‘]*[\p{L}\p{N}]+(?:[-'’/.,:+%][\p{L}\p{N}]+)*%?[.,;:!?)"'”’]*$/u;
/** Stands between words of a sentence. */
const MARK = /^[-–—·…→/&+]$/u;
/** Words that the systems make links of: addresses, keys of issues, digests of commits. */
const REFERENCE = /^\W*www\.|\b[A-Za-z][A-Za-z0-9]*-\d+\b|\b[0-9a-f]{7,40}\b/i;

function isPlain(word: string): boolean {
  return (WORD.test(word) && !REFERENCE.test(word)) || MARK.test(word);
}
