import { createHash } from 'node:crypto';
import { forHtml } from '../escape.ts';

/**
 * One HTML file: `body` in a document that asks for nothing and runs nothing. The policy admits the one style sheet
 * by its hash, so that not even markup which got through an escape could load or style anything.
 */
export function htmlDocument({ title, style, body }: HtmlDocument): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${forHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

export interface HtmlDocument {
  /** Raw. */
  readonly title: string;
  readonly style: string;
  /** Markup. */
  readonly body: string;
}
