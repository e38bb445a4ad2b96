import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fittedComment } from '../../src/tickets/fit.ts';
import { markerIn } from '../../src/tickets/marker.ts';
import { adf, adfText } from '../../src/tickets/markup/adf.ts';
import { jiraWiki } from '../../src/tickets/markup/jira-wiki.ts';
import { markdown } from '../../src/tickets/markup/markdown.ts';
import { mailText, noteText } from '../../src/tickets/markup/plain-text.ts';
import { redmineText } from '../../src/tickets/markup/redmine-text.ts';
import { sampleContent, sampleFinding } from './sample-content.ts';

const MARKER = 'sshfate:1:0123456789abcdef:fedcba9876543210';

describe('A comment', () => {
  it('has everything when there is room', () => {
    const { body, leftOut } = fittedComment(sampleContent(), { files: [] }, noteText, 10_000, MARKER);
    expect(leftOut).toEqual([]);
    expect(body).toContain('Evidence');
  });
  it('is brief when there is no room for one finding in full', () => {
    const { body, leftOut } = fittedComment(sampleContent(), { files: [] }, noteText, 700, MARKER);
    expect(leftOut).toEqual(['The comment has no room for the evidence of any finding.']);
    expect(body).not.toContain('Evidence\n');
    expect(body).toContain('`sshd -t && systemctl reload ssh`');
    expect(body).not.toContain('On the client');
  });
  it('is its headline when there is no room for that either', () => {
    const { body, leftOut } = fittedComment(sampleContent(), { files: [] }, noteText, 300, MARKER);
    expect(leftOut).toEqual(['The comment has room for the headline only.']);
    expect(String(body).length).toBeLessThanOrEqual(300);
  });
  it.each(Object.entries({ adf, jiraWiki, markdown, mailText, noteText, redmineText }))(
    'keeps to any limit from 300 on and has its marker, as %s',
    (_, markup) => {
      fc.assert(
        fc.property(
          fc.integer({ min: 500, max: 20_000 }),
          fc.integer({ min: 1, max: 40 }),
          (maximum, count) => {
            const findings = Array.from({ length: count }, (_, i) =>
              sampleFinding({ id: String(i).padStart(10, '0') }),
            );
            const { body } = fittedComment(
              sampleContent({ findings }),
              { files: [] },
              markup,
              maximum,
              MARKER,
            );
            expect(markup.length(body)).toBeLessThanOrEqual(maximum);
            expect(markerIn(typeof body === 'string' ? body : adfText(body))?.key).toBe('0123456789abcdef');
          },
        ),
        { numRuns: 30 },
      );
    },
  );
});
