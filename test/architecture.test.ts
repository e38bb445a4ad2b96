import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCE = path.join(import.meta.dirname, '../src');

/** Which folders a folder of src/ may import values from (types of the record may go anywhere below). */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  capture: [],
  wire: [],
  tcp: ['wire', 'ssh'],
  ssh: [],
  // The vocabulary of fates: what surrounds a session is counted by them.
  session: ['ssh', 'tcp', 'wire', 'fate'],
  fate: [],
  diagnosis: ['fate'],
  report: ['session', 'fate', 'diagnosis', 'wire'],
  live: ['capture', 'wire', 'tcp', 'report', 'session', 'fate', 'diagnosis'],
  metrics: ['live', 'report', 'fate', 'session'],
  webhook: ['live', 'report'],
  tickets: ['report', 'fate', 'diagnosis'],
  // Reads a capture, judges it as the engine does, and writes another.
  evidence: ['capture', 'wire', 'tcp', 'ssh', 'session', 'fate', 'diagnosis', 'report'],
  cli: [
    'evidence',
    'capture',
    'wire',
    'report',
    'session',
    'fate',
    'diagnosis',
    'live',
    'metrics',
    'webhook',
    'tickets',
    'compare',
    'store',
    'web',
  ],
  // Judges uploads in threads of its own, as the command line does, and keeps them.
  store: ['capture', 'report', 'diagnosis', 'fate', 'evidence', 'compare'],
  web: ['store', 'report'],
  // A comparison has packets of its own: it stands before the tracker, and sees records, not connections.
  compare: ['wire', 'tcp'],
  // In the browser: what prints may be shown there, and nothing that reads, writes or judges.
  'web/page': ['report', 'diagnosis', 'fate'],
};

/** What a folder may know the types of, beyond what it imports. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  wire: ['capture'],
  session: ['fate'],
  fate: ['session'],
  diagnosis: ['session'],
  report: ['capture', 'compare'],
  compare: ['session', 'fate'],
  'web/page': ['session', 'store'],
  store: ['session'],
  tickets: ['compare', 'session'],
  web: ['evidence'],
};

/** Modules of Node that do I/O, and who may. */
const INPUT_OUTPUT = /^node:(fs|net|http|https|child_process|dgram|tls|worker_threads|readline)/;
const MAY_DO_IO = ['capture', 'cli', 'live', 'metrics', 'webhook', 'tickets', 'store', 'web'];

/** The page is a program of its own beside the rest of web/. */
const PAGE = path.join('web', 'page');

function folderOf(file: string): string | undefined {
  if (file.startsWith(PAGE + path.sep)) return 'web/page';
  return file.includes(path.sep) ? file.split(path.sep)[0] : undefined;
}

function sources(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
}

interface Import {
  readonly from: string;
  readonly isType: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(SOURCE, file), 'utf8');
  const found: Import[] = [];
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)';/gms)) {
    found.push({ isType: match[1] !== undefined, from: match[2] as string });
  }
  for (const match of text.matchAll(/import\('([^']+)'\)/g))
    found.push({ isType: false, from: match[1] as string });
  return found;
}

describe('imports', () => {
  it.each(sources())('of %s go the allowed way', (file) => {
    const folder = folderOf(file);
    if (folder === undefined) return;
    for (const { from, isType } of importsOf(file)) {
      if (folder === 'web/page') expect(from, `${file} imports ${from}`).not.toMatch(/^node:/);
      if (from.startsWith('node:')) {
        if (!isType && INPUT_OUTPUT.test(from))
          expect(MAY_DO_IO, `${file} imports ${from}`).toContain(folder);
        continue;
      }
      if (!from.startsWith('.')) continue;
      const target = path.relative(SOURCE, path.resolve(SOURCE, path.dirname(file), from));
      const targetFolder = folderOf(target);
      if (targetFolder === folder || targetFolder === undefined) continue;
      const allowed = [...(ALLOWED[folder] ?? []), ...(isType ? (TYPES[folder] ?? []) : [])];
      expect(allowed, `${file} imports ${from}`).toContain(targetFolder);
    }
  });
});
