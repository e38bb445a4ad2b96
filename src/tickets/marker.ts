import { createHash } from 'node:crypto';

/**
 * What a comment carries so that the next run knows it as its own: `key` names the captures (and findings) that it is
 * about and stays while they are the same, `content` is a digest of what it says and names as attached.
 */
export interface Marker {
  readonly key: string;
  readonly content: string;
}

const LENGTH = 16;
const PATTERN = /sshfate:1:([0-9a-f]{16}):([0-9a-f]{16})/;

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, LENGTH);
}

export function markerText({ key, content }: Marker): string {
  return `sshfate:1:${key}:${content}`;
}

/** In the last line of the text, where it is written: a comment that quotes another one does not become it. */
export function markerIn(text: string): Marker | undefined {
  const lines = text.trimEnd().split(/\r?\n/);
  // Redmine's and Jira's blocks are closed after it.
  for (const line of lines.slice(-3).reverse()) {
    if (!line.startsWith(FOOTER) && !line.startsWith(HIDDEN)) continue;
    const found = markerIn1(line);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The whole text is a marker, as in a subject. */
export function markerIs(text: string): Marker | undefined {
  return /^sshfate:1:[0-9a-f:]+$/.test(text) ? markerIn1(text) : undefined;
}

/** Begins the visible last line. */
export const FOOTER = 'Written by sshfate';
const HIDDEN = '<!-- sshfate:';

function markerIn1(text: string): Marker | undefined {
  const [, key, content] = PATTERN.exec(text) ?? [];
  return key === undefined || content === undefined ? undefined : { key, content };
}
