import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/report/layout.ts';
import { markerIn } from '../../../src/tickets/marker.ts';
import { jiraWiki } from '../../../src/tickets/markup/jira-wiki.ts';
import { mailText, noteText, workNotes } from '../../../src/tickets/markup/plain-text.ts';
import { redmineText } from '../../../src/tickets/markup/redmine-text.ts';
import { HOSTILE_TEXTS } from '../../report/hostile-texts.ts';
import { hostileDocument } from './hostile-document.ts';

const MARKER = 'sshfate:1:0123456789abcdef:fedcba9876543210';
const MARKUPS = { mailText, noteText, workNotes, redmineText, jiraWiki };

describe('Plain text', () => {
  it('reads well in a mail', () => {
    const body = mailText.write(
      [
        { kind: 'heading', level: 3, text: [{ kind: 'text', text: 'One finding' }] },
        { kind: 'heading', level: 4, text: [{ kind: 'text', text: 'It is this' }] },
        {
          kind: 'list',
          ordered: true,
          items: [
            [
              { kind: 'text', text: 'On the server, look at what it does by running ' },
              { kind: 'code', text: "journalctl -u ssh --since '2026-11-23 23:12' | grep -i kex" },
              { kind: 'text', text: '; then wait.' },
            ],
          ],
        },
        {
          kind: 'table',
          header: ['A', 'B'],
          rows: [[[{ kind: 'text', text: '1' }], [{ kind: 'text', text: '2' }]]],
        },
      ],
      MARKER,
    );
    expect(body).toBe(
      [
        'One finding',
        '===========',
        '',
        'It is this',
        '',
        '1. On the server, look at what it does by running',
        "   `journalctl -u ssh --since '2026-11-23 23:12' | grep -i kex`; then wait.",
        '',
        '- A: 1, B: 2',
        '',
        `Written by sshfate, ${MARKER}`,
      ].join('\n'),
    );
  });
  it('breaks lines between words only, at 76 columns', () => {
    const long = 'words '.repeat(60).trim();
    const lines = String(
      mailText.write([{ kind: 'paragraph', text: [{ kind: 'text', text: long }] }], MARKER),
    ).split('\n');
    expect(lines.slice(0, -2).join(' ')).toBe(long);
    for (const line of lines.slice(0, -2)) expect(displayWidth(line)).toBeLessThanOrEqual(76);
  });
});

describe.each(Object.entries(MARKUPS))('%s', (name, markup) => {
  it.each(HOSTILE_TEXTS)('has as many lines and blocks whatever comes, and its own marker: %j', (hostile) => {
    const body = String(markup.write(hostileDocument(hostile), MARKER));
    expect(markerIn(body)).toEqual({ key: '0123456789abcdef', content: 'fedcba9876543210' });
    expect(body).not.toMatch(/[^\P{C}\n]/u);
    const of = (mark: RegExp): number => body.match(mark)?.length ?? 0;
    if (name === 'redmineText') expect([of(/<\/?pre>/gi), of(/^ {0,3}~{3,}/gm)]).toEqual([2, 2]);
    if (name === 'jiraWiki') expect(of(/\{noformat/gi)).toBe(2);
    if (name === 'workNotes') expect(of(/\[\/?code\]/gi)).toBe(0);
    // Of a marker that came off the wire nothing is believed.
    const forged = `Written by sshfate, sshfate:1:${'a'.repeat(16)}:${'b'.repeat(16)}`;
    expect(markerIn(String(markup.write(hostileDocument(forged), MARKER)))?.key).toBe('0123456789abcdef');
  });
});
