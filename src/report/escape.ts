/**
 * The edges at which text leaves for a screen, a page or a file, one function each. What came off the wire is
 * hostile: an identification string may hold terminal escape sequences, bidi marks, HTML, Markdown or a
 * spreadsheet formula. Each function takes raw text (wire bytes as Latin-1 characters, or ordinary text such as a
 * file name) and gives text that its target shows and does not obey. Escape once, where it is printed.
 */

/** For a terminal: what cannot be shown as itself is spelled out, as `\x1b`, `\u202e` or `\u{e0041}`. */
export function forTerminal(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : visible(text);
}

/**
 * For running text or a table cell in Markdown (CommonMark, GFM): no markup, link, mention, reference or cell border
 * comes of it.
 *
 * GitHub and GitLab look for mentions (`@name`), references (`#1`, `!1`, `GH-1`, commits), emoji and bare addresses in
 * the rendered text, where an entity or a backslash in the source no longer shows; what stands in `pre`, `code` and
 * `a` they leave alone. So a word that could be one of these becomes a code span, which can still be copied; a word
 * that no code span can hold safely is spelled out.
 */
export function forMarkdown(text: string): string {
  return visible(text)
    .split(/( +)/)
    .map((word, i) => (i % 2 === 1 ? word : markdownWord(word, i === 0)))
    .join('');
}

/**
 * A code span in Markdown. Nothing is escaped within one, so what Jira's wiki markup takes for a macro, a mention or
 * a picture is spelled out; in table cells do without it when there is a `|`.
 */
export function forMarkdownCode(text: string): string {
  const shown = visible(text).replace(JIRA_MARKUP, visibleEscape);
  if (shown.trim() === '') return '';
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = /^[ `]|[ `]$/.test(shown) ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** For a line within a fenced block of Markdown, whose fence it cannot close. */
export function forMarkdownBlock(text: string): string {
  return visible(text)
    .replace(JIRA_MARKUP, visibleEscape)
    .replace(/`{3,}|~{3,}/g, (fence) => [...fence].map(visibleEscape).join(''));
}

/** For HTML, as text and inside quoted attributes alike. */
export function forHtml(text: string): string {
  return shownForHtml(visible(text));
}

/** The same for what `forTerminal` gave: figures lay text out by its shown width before they print it. */
export function shownForHtml(shown: string): string {
  return shown.replace(/[&<>"'`]/g, entity);
}

/**
 * One field of a CSV file (RFC 4180), quoted where needed. A field that a spreadsheet would take for a formula
 * (it starts with `=`, `+`, `-`, `@`, a full-width form of these, a tab or a line end) gets an apostrophe in
 * front, which spreadsheets show as text; scripts that read the file back find the apostrophe and may cut it.
 * Numbers are written as they are, undefined as an empty field.
 */
export function forCsv(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const shown = visible(value);
  const guarded = FORMULA_START.test(value) ? `'${shown}` : shown;
  // Not only what the RFC asks for: a `;` separates fields where the comma is the decimal sign.
  return /[",;\r\n\t]|^['\s]|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/**
 * A JSON text made safe to print: everything that is not printable ASCII stands as `\uXXXX`, so that neither a
 * terminal nor a log viewer sees a control character (C1 included), a bidi mark or a broken surrogate. `JSON.parse`
 * gives the same value back. Takes what `JSON.stringify` gave, with or without indentation.
 */
export function forJson(json: string): string {
  return json.replace(NOT_PLAIN_JSON, unicodeEscape);
}

const PRINTABLE_ASCII = /^[ -~]*$/;

/** Unicode's category C (controls, format characters such as bidi marks, surrogates, unassigned) and line separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const UTF8_SEQUENCE = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g;

const NOT_PLAIN_JSON = /[^\n -~]/g;

const FORMULA_START = /^[=+\-@\uff0b\uff0d\uff1d\uff20\t\r\n]/;

/** Would make a list, a heading or a rule of the line when it comes first. */
const MARKDOWN_LINE_START = /^(\d*)([-+.)]|=+|-+)$/;
/** An underscore within a word is no emphasis. */
const MARKDOWN_MARKUP = /[\\`*[\]{}!~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g;
/** Tags and cell borders. */
const MARKDOWN_ENTITIES = /[&<>|]/g;
/**
 * What forges make a link, a mention or a picture of when it stands in rendered text: mentions and mail addresses,
 * numbers of issues, merge requests and other things, tickets and advisories (`GH-1`), commits, addresses and host
 * names, emoji, mathematics, inline differences.
 */
const MARKDOWN_REFERENCE =
  /[@#$]|[!~%&^]\w|\b(?:[A-Z][A-Z0-9_]*|gh)-\d|(?<!\w)[0-9a-f]{7,64}(?!\w)|\/\/|(?<!\w)(?:mailto|xmpp|tel):|\w\.[A-Za-z]{2,}|[wW]{3}\.|:(?:[a-z][\w+-]*|[+-]1|100|1234):|[[{][+-]|\[\[/;
/** A command of GitLab's, when it comes first in a comment's line. */
const QUICK_ACTION = /^\/[a-z]/i;
/** What no code span may hold here: its own fence, a cell's border, and what Jira's wiki markup acts on. */
const NOT_FOR_CODE = /[`|{}!\\]|\[[~^+\-[]/;
/** Punctuation, and the first digit of what may be a commit. */
const SPELLED_OUT = /[!-/:-@[-^`{-~]|(?<!\w)[0-9a-f](?=[0-9a-f]{6})/g;
const JIRA_MARKUP = /\[(?=[~^])|\{(?=[a-z][\w-]*[:}])|!(?=\S+!)/gi;

function markdownWord(word: string, isFirst: boolean): string {
  if (MARKDOWN_REFERENCE.test(word) || (isFirst && QUICK_ACTION.test(word))) {
    if (!NOT_FOR_CODE.test(word)) return `\`${word}\``;
    return markdownEscaped(word.replace(SPELLED_OUT, visibleEscape), isFirst);
  }
  return markdownEscaped(word, isFirst);
}

function markdownEscaped(text: string, isFirst: boolean): string {
  const escaped = text.replace(MARKDOWN_MARKUP, '\\$&');
  return (isFirst ? escaped.replace(MARKDOWN_LINE_START, '$1\\$2') : escaped).replace(
    MARKDOWN_ENTITIES,
    entity,
  );
}

/** What every edge begins with: what cannot be seen is spelled out. */
export function visible(text: string): string {
  return decoded(text).replace(INVISIBLE, visibleEscape);
}

/** Wire text is bytes as Latin-1; those that are UTF-8 were meant so, and a bidi mark is found under either spelling. */
function decoded(text: string): string {
  return text.replace(UTF8_SEQUENCE, (bytes) => {
    const character = UTF8.decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    return character.includes('\ufffd') ? bytes : character;
  });
}

/** As browsers have it, too: the upload service's page shows texts through here. */
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

function visibleEscape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function entity(character: string): string {
  return ENTITIES[character] ?? `&#${character.charCodeAt(0)};`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
