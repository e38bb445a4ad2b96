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

/** For running text or a table cell in Markdown (CommonMark, GFM): no markup, link, mention or cell border comes of it. */
export function forMarkdown(text: string): string {
  return visible(text)
    .replace(MARKDOWN_MARKUP, '\\$&')
    .replace(MARKDOWN_LINE_START, '$1\\$2')
    .replace(MARKDOWN_ENTITIES, entity)
    .replaceAll('://', '&#58;//')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}&#46;`);
}

/** For HTML, as text and inside quoted attributes alike. */
export function forHtml(text: string): string {
  return visible(text).replace(/[&<>"'`]/g, entity);
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

/** Would start a list, a heading underline or an ordered list when it comes first in a line. */
const MARKDOWN_LINE_START = /^(\d*)([-+=.])/;
const MARKDOWN_MARKUP = /[\\`*_[\](){}!~]/g;
/** Tags, cell borders, mentions and references: an entity is safe in every dialect, a backslash is not. */
const MARKDOWN_ENTITIES = /[&<>|@#]/g;

function visible(text: string): string {
  return decoded(text).replace(INVISIBLE, visibleEscape);
}

/** Wire text is bytes as Latin-1; those that are UTF-8 were meant so, and a bidi mark is found under either spelling. */
function decoded(text: string): string {
  return text.replace(UTF8_SEQUENCE, (bytes) => {
    const character = Buffer.from(bytes, 'latin1').toString('utf8');
    return character.includes('\ufffd') ? bytes : character;
  });
}

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
