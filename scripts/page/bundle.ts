import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, transform } from 'esbuild';
import { FIGURE_COLOURS, FIGURE_STYLE } from '../../src/report/figures/figure-style.ts';

const SOURCE = path.join(import.meta.dirname, '../../src/web/page');

/**
 * index.html, one script and one style sheet, whose names change with their content, so that a browser may keep them
 * for good. Colours and figures are those of the HTML report.
 */
export async function buildPage(folder: string): Promise<void> {
  const bundled = await build({
    entryPoints: [path.join(SOURCE, 'main.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const own = await build({
    entryPoints: [path.join(SOURCE, 'page.css')],
    bundle: true,
    write: false,
    minify: true,
    logLevel: 'warning',
  });
  const figures = await transform(`${FIGURE_COLOURS}\n${FIGURE_STYLE}`, { loader: 'css', minify: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const put = (name: string, ending: string, content: string): string => {
    const hash = createHash('sha256').update(content).digest('hex').slice(0, HASH_LENGTH);
    const file = `${name}-${hash}.${ending}`;
    writeFileSync(path.join(folder, file), content);
    return `/assets/${file}`;
  };
  const script = put('main', 'js', bundled.outputFiles[0]?.text ?? '');
  const sheet = put('page', 'css', figures.code + (own.outputFiles[0]?.text ?? ''));
  const shell = readFileSync(path.join(SOURCE, 'index.html'), 'utf8');
  writeFileSync(path.join(folder, 'index.html'), shell.replace('STYLE', sheet).replace('SCRIPT', script));
}

const HASH_LENGTH = 10;
