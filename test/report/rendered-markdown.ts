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
  const visit = (tokens: readonly Token[]): void => {
    // An escaped character is a token of its own, but stands in the same text.
    let run = '';
    for (const token of tokens) {
      elements.add(token.type);
      const inner = childrenOf(token);
      if (token.type === 'escape' || (token.type === 'text' && inner.length === 0)) {
        run += decoded(token.text);
        continue;
      }
      if (run !== '') texts.push(run);
      run = '';
      if (token.type === 'codespan' || token.type === 'code') codes.push(token.text);
      if (token.type === 'table') cells += inner.length;
      inner.forEach(visit);
    }
    if (run !== '') texts.push(run);
  };
  visit(new Marked({ gfm: true }).lexer(markdown));
  return { elements, texts, codes, cells };
}

function childrenOf(token: Token): readonly (readonly Token[])[] {
  if (token.type === 'table') {
    const cells = [...token.header, ...token.rows.flat()] as { readonly tokens: Token[] }[];
    return cells.map(({ tokens }) => tokens);
  }
  if (token.type === 'list') return [token.items as Token[]];
  return 'tokens' in token && token.tokens !== undefined ? [token.tokens] : [];
}

function decoded(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
