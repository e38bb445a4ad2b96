import MarkdownIt from 'markdown-it';
import { Marked, type Token } from 'marked';

/** What two independent renderers make of Markdown: its elements, and the text outside of code and links. */
export interface Rendered {
  readonly elements: ReadonlySet<string>;
  /** Runs of text in which GitHub and GitLab look for mentions and references. */
  readonly texts: readonly string[];
  readonly codes: readonly string[];
  /** Of tables. */
  readonly cells: number;
}

/** CommonMark with tables and, as Jira and GitLab do, links made of what looks like an address. */
export function withMarkdownIt(markdown: string): Rendered {
  const elements = new Set<string>();
  const texts: string[] = [];
  const codes: string[] = [];
  let cells = 0;
  const renderer = new MarkdownIt({ html: true, linkify: true });
  for (const token of renderer.parse(markdown, {})) {
    if (token.type === 'fence' || token.type === 'code_block') codes.push(token.content);
    else if (token.type === 'html_block') elements.add('html');
    else if (token.tag !== '') elements.add(token.tag);
    if (/^t[dh]_open$/.test(token.type)) cells++;
    let run = '';
    for (const child of token.children ?? []) {
      if (child.type === 'text' || child.type === 'text_special') {
        run += child.content;
        continue;
      }
      if (run !== '') texts.push(run);
      run = '';
      if (child.type === 'code_inline') codes.push(child.content);
      else if (child.type === 'html_inline') elements.add('html');
      else if (child.type !== 'softbreak') elements.add(child.tag);
    }
    if (run !== '') texts.push(run);
  }
  return { elements, texts, codes, cells };
}

/** GitHub's flavour by another hand. */
export function withMarked(markdown: string): Rendered {
  const elements = new Set<string>();
  const texts: string[] = [];
  const codes: string[] = [];
  let cells = 0;
  // An escaped character is a token of its own, but stands in the same text.
  let run = '';
  const marked = new Marked({ gfm: true });
  marked.walkTokens(marked.lexer(markdown), (token: Token) => {
    elements.add(token.type);
    const isText = token.type === 'escape' || (token.type === 'text' && !('tokens' in token && token.tokens));
    if (isText) run += decoded(token.text);
    else if (run !== '') {
      texts.push(run);
      run = '';
    }
    if (token.type === 'codespan' || token.type === 'code') codes.push(token.text);
    if (token.type === 'table') cells += token.header.length + token.rows.flat().length;
  });
  if (run !== '') texts.push(run);
  return { elements, texts, codes, cells };
}

function decoded(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
