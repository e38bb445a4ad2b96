import { forRedmine } from '../escape.ts';
import type { Markup } from './markup.ts';
import { plainText } from './plain-text.ts';

/**
 * For Redmine, whose administrator chooses between Textile (the default up to 5.0), CommonMark and the older Markdown,
 * and whose API does not say which: plain text in a block that all three leave alone. Textile and CommonMark know
 * `<pre>`, and show the tildes as a line; the older Markdown drops the tag and takes the tildes for a fence.
 */
export const redmineText: Markup = {
  write: (blocks, marker) =>
    `<pre>\n\n${FENCE}\n${plainText(blocks, marker, { escape: forRedmine, width: 90 })}\n${FENCE}\n</pre>`,
  // MySQL's `text` column counts bytes.
  length: (body) => Buffer.byteLength(String(body)),
};

const FENCE = '~~~~~~~~';
