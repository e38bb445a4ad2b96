/** Writes the tables of README.md that come from the code: `npm run docs`. A test holds them against each other. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withTables } from '../test/tools/readme-tables.ts';

const README = path.join(import.meta.dirname, '../README.md');
writeFileSync(README, await withTables(readFileSync(README, 'utf8')));
