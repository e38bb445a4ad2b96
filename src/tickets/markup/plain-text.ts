import { displayWidth } from '../../report/layout.ts';
import type { Block, Inline } from '../document.ts';
import { forNote, forServiceNow } from '../escape.ts';
import { FOOTER } from '../marker.ts';
import { characters, type Markup } from './markup.ts';

export interface PlainTextOptions {
  readonly escape: (text: string) => string;
  /** Columns at which lines are broken between words, never within a command; absent where the reader does it. */
  readonly width?: number;
}

/** Plain text that reads well in any font. */
export function plainText(blocks: readonly Block[], marker: string, options: PlainTextOptions): string {
  return [...blocks.map((one) => block(one, options)), `${FOOTER}, ${marker}`].join('\n\n');
}

/** Request Tracker's text/plain, which also goes out as mail. */
export const mailText: Markup = {
  write: (blocks, marker) => plainText(blocks, marker, { escape: forNote, width: 76 }),
  length: (body) => Buffer.byteLength(String(body)),
};

/** PagerDuty's notes, and the text of a webhook. */
export const noteText: Markup = {
  write: (blocks, marker) => plainText(blocks, marker, { escape: forNote }),
  length: characters,
};

/** ServiceNow's work notes. */
export const workNotes: Markup = {
  write: (blocks, marker) => plainText(blocks, marker, { escape: forServiceNow }),
  length: characters,
};

function block(one: Block, options: PlainTextOptions): string {
  switch (one.kind) {
    case 'heading': {
      const line = words(one.text, options).join(' ');
      return one.level === 3
        ? `${line}\n${'='.repeat(Math.min(displayWidth(line), options.width ?? 60))}`
        : line;
    }
    case 'paragraph':
      return wrapped('', one.text, options);
    case 'list':
      return one.items
        .map((item, index) => wrapped(one.ordered ? `${index + 1}. ` : '- ', item, options))
        .join('\n');
    case 'table':
      return one.rows
        .map((cells) =>
          wrapped(
            '- ',
            cells.flatMap((cell, index) => [
              { kind: 'text', text: `${index > 0 ? ', ' : ''}${one.header[index]}: ` },
              ...cell,
            ]),
            options,
          ),
        )
        .join('\n');
  }
}

function wrapped(mark: string, parts: readonly Inline[], options: PlainTextOptions): string {
  const indent = ' '.repeat(mark.length);
  const lines: string[] = [];
  let line = '';
  for (const word of words(parts, options)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && options.width !== undefined && displayWidth(indent + longer) > options.width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines.map((each, index) => (index === 0 ? mark : indent) + each).join('\n');
}

/** What is not broken within: words of text, and whole commands. */
function words(parts: readonly Inline[], options: PlainTextOptions): string[] {
  const all: string[] = [];
  let glue = false;
  const add = (word: string): void => {
    if (glue && all.length > 0) all[all.length - 1] += word;
    else all.push(word);
    glue = true;
  };
  for (const part of parts) {
    const escaped = options.escape(part.text).replace(/\s+/g, ' ');
    if (part.kind === 'code') {
      const command = escaped.trim();
      // A single word shows its ends itself.
      if (command !== '') add(command.includes(' ') ? `\`${command}\`` : command);
      continue;
    }
    for (const [index, word] of escaped.split(' ').entries()) {
      if (index > 0) glue = false;
      if (word !== '') add(word);
    }
  }
  return all;
}
