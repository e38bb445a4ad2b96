import { describe, expect, it } from 'vitest';
import { TICKET_SYSTEMS } from '../../src/tickets/catalogue.ts';
import { connect } from '../../src/tickets/connect.ts';
import { dryRun, requestText } from '../../src/tickets/dry-run.ts';
import { publish } from '../../src/tickets/publish.ts';
import { sampleContent } from './sample-content.ts';

const TICKETS = {
  rt: '1',
  redmine: '1',
  'jira-cloud': 'OPS-1',
  'jira-data-center': 'OPS-1',
  github: 'a/b#1',
  gitlab: 'a/b#1',
  servicenow: 'INC0000001',
  pagerduty: 'PABCDEF',
  webhook: '1',
} as const;

describe('A dry run', () => {
  it.each(Object.entries(TICKET_SYSTEMS))(
    'describes every request to %s, and shows no secret',
    async (id, system) => {
      for (const isNew of system.create === undefined ? [false] : [false, true]) {
        let text = '';
        const api = await connect(system, {
          environment: { [`${system.variable}_CREDENTIALS`]: 'robot:S3cr3t-Password' },
          url: 'https://x.example.org/base?hook=S3cr3t-Password',
          isDry: true,
          transport: dryRun((part) => {
            text += part;
          }, system.isAddressSecret ?? false),
          timeoutMs: 1000,
        });
        const content = sampleContent();
        const outcome = await publish(system, api, content, {
          ticket: isNew ? undefined : TICKETS[id as keyof typeof TICKETS],
          project: 'a/b',
          key: '0123456789abcdef',
        });
        expect(outcome).toMatchObject({ comment: 'added', opened: isNew });
        expect(text).toMatch(/^(?:GET|POST) https:\/\/x\.example\.org\//);
        expect(text).toMatch(/^(?:POST|PUT|PATCH) https:\/\/x\.example\.org\//m);
        expect(text).not.toContain('S3cr3t');
        expect(text).not.toContain(Buffer.from('robot:S3cr3t-Password').toString('base64'));
        expect(text).toContain('no-common-kex');
        for (const { name, sha256 } of content.attachments) {
          expect(text).toContain(name);
          expect(text).toContain(sha256);
        }
      }
    },
  );
  it('shows a request as it would go out', () => {
    expect(
      requestText(
        {
          method: 'POST',
          url: new URL('https://rt.example.org/x?y=1'),
          headers: { Accept: 'application/json', Authorization: 'token abc', 'PRIVATE-TOKEN': 'abc' },
          body: {
            kind: 'form',
            parts: [
              { kind: 'field', name: 'JSON', value: '{"Content":"one\\ntwo"}' },
              {
                kind: 'file',
                name: 'Attachments',
                fileName: 'a.html',
                type: 'text/html',
                bytes: Buffer.from('abc'),
              },
            ],
          },
        },
        false,
      ),
    ).toBe(
      [
        'POST https://rt.example.org/x?y=1',
        'Accept: application/json',
        'Authorization: token ***',
        'PRIVATE-TOKEN: ***',
        '',
        'Content-Type: multipart/form-data',
        '',
        'JSON:',
        '{',
        '  "Content": "(text 1 below)"',
        '}',
        '',
        'text 1:',
        'one',
        'two',
        "Attachments: file 'a.html', 3 bytes, SHA-256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad, text/html",
        '',
      ].join('\n'),
    );
  });
});
