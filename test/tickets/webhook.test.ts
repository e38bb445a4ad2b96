// The form of the document is this project's own: `sshfate/ticket@1`.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, listAt, textAt } from '../../src/tickets/json-value.ts';
import { webhook } from '../../src/tickets/webhook.ts';
import { type FakeSystem, startFakeSystem } from './fake-system.ts';
import { publishTo } from './publishing.ts';
import { sampleContent, sampleFinding } from './sample-content.ts';
import { itCopesWithTroubles } from './troubles.ts';

describe('A webhook', () => {
  let fake: FakeSystem;
  let documents: unknown[];
  beforeEach(async () => {
    documents = [];
    fake = await startFakeSystem(({ json }) => {
      documents.push(json);
      return { text: 'ok' };
    });
  });
  afterEach(() => fake.stop());

  it('is sent one document with the text and the files, at the address as it is', async () => {
    const content = sampleContent();
    await publishTo(webhook, `${fake.url}/hooks/s3cr3t?room=7`, { ticket: '1234', content });
    expect(fake.lines()).toEqual(['POST /hooks/s3cr3t']);
    const [request] = fake.seen;
    expect(request?.query.get('room')).toBe('7');
    expect(request?.headers.authorization).toBe('Bearer token-1234');
    expect(request?.headers['idempotency-key']).toMatch(/^[0-9a-f]{16}-[0-9a-f]{16}$/);
    const [document] = documents;
    expect(document).toMatchObject({ schema: 'sshfate/ticket@1', ticket: '1234' });
    expect(`${textAt(document, 'key')}-${textAt(document, 'content')}`).toBe(
      request?.headers['idempotency-key'],
    );
    expect(textAt(document, 'text')).toContain('no-common-kex');
    for (const [index, { name, type, bytes, sha256 }] of content.attachments.entries()) {
      const file = at(document, 'attachments', index);
      const received = Buffer.from(textAt(file, 'base64') ?? '', 'base64');
      expect(received).toEqual(Buffer.from(bytes));
      expect(file).toMatchObject({ name, type, size: bytes.length, sha256 });
      expect(createHash('sha256').update(received).digest('hex')).toBe(sha256);
    }
    expect(listAt(document, 'attachments')).toHaveLength(2);
  });
  it('can tell a repetition and an update by the two halves of the key', async () => {
    await publishTo(webhook, fake.url, { ticket: '1234' });
    await publishTo(webhook, fake.url, { ticket: '1234' });
    await publishTo(webhook, fake.url, {
      ticket: '1234',
      content: sampleContent({ findings: [sampleFinding({ sessions: 9 })] }),
    });
    const [first, second, third] = documents;
    expect(second).toEqual(first);
    expect(textAt(third, 'key')).toBe(textAt(first, 'key'));
    expect(textAt(third, 'content')).not.toBe(textAt(first, 'content'));
  });
  it('has an address that no message tells', async () => {
    fake.trouble = () => ({ status: 404 });
    const failed = publishTo(webhook, `${fake.url}/hooks/s3cr3t?token=x`, { ticket: '1' });
    await expect(failed).rejects.toThrow(`Webhook at ${fake.url}/*** answered 404`);
  });

  itCopesWithTroubles({
    system: webhook,
    ticket: '1234',
    fake: () => fake,
    isComment: () => true,
    comments: () => documents.map((document) => textAt(document, 'text') ?? ''),
    isBlind: true,
  });
});
