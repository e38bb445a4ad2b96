import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Hono } from 'hono';
import type { Environment } from './service.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Addresses of the page; it tells them apart itself. */
const PAGES = [
  '/',
  '/captures/:id',
  '/captures/:id/sessions/:number',
  '/library',
  '/compare',
  '/access',
  '/login',
];

/** The built page, read once. Its files have a hash in their names, so that browsers keep them. */
export function pageFiles(folder: string | undefined): Hono<Environment> {
  const routes = new Hono<Environment>();
  if (folder === undefined) {
    for (const page of PAGES) {
      routes.get(page, (context) =>
        context.text('The page was not built. Run npm run build, or use the interface at /api/v1.\n', 404),
      );
    }
    return routes;
  }
  const shell = readFileSync(path.join(folder, 'index.html'), 'utf8');
  for (const page of PAGES) routes.get(page, (context) => context.html(shell));
  for (const name of readdirSync(folder)) {
    const type = TYPES[path.extname(name)];
    if (type === undefined) continue;
    const bytes = new Uint8Array(readFileSync(path.join(folder, name)));
    routes.get(`/assets/${name}`, (context) =>
      context.body(bytes, 200, {
        'content-type': type,
        'cache-control': 'public, max-age=31536000, immutable',
      }),
    );
  }
  return routes;
}
