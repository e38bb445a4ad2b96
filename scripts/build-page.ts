/** Bundles the page of the upload service into a folder, dist/page unless another is named: `npm run build`. */
import path from 'node:path';
import { buildPage } from './page/bundle.ts';

await buildPage(process.argv[2] ?? path.join(import.meta.dirname, '../dist/page'));
