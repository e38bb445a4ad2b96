import { describe, expect, it } from 'vitest';
import { Api } from '../../src/tickets/api.ts';
import type { Marker } from '../../src/tickets/marker.ts';
import { noteText } from '../../src/tickets/markup/plain-text.ts';
import { contentKey, publish } from '../../src/tickets/publish.ts';
import { TicketError } from '../../src/tickets/ticket-error.ts';
import type { NewComment, OpenTicket, TicketSystem } from '../../src/tickets/ticket-system.ts';
import { fastClock } from './publishing.ts';
import { sampleContent, sampleFinding } from './sample-content.ts';

const KEY = '0123456789abcdef';

/** A system in memory that does what each test says it does. */
function memorySystem(changes: Partial<OpenTicket> = {}) {
  const comments: { marker: Marker; body: string; files: string[] }[] = [];
  const files: string[] = [];
  const happened: string[] = [];
  const ticket: OpenTicket = {
    name: 'ticket 1',
    markup: noteText,
    maximumComment: 100_000,
    attaching: 'before-comment',
    async findComment(key) {
      const index = comments.findLastIndex(({ marker }) => marker.key === key);
      const found = comments[index];
      return found && { id: String(index), marker: found.marker };
    },
    attached: async () => new Map(files.map((name) => [name, undefined])),
    async attach({ name }) {
      happened.push(`attach ${name.split('.')[0]}`);
      files.push(name);
      return undefined;
    },
    async addComment({ body, marker, files: brought }: NewComment) {
      happened.push('add');
      files.push(...brought.map(({ name }) => name));
      comments.push({ body: String(body), marker, files: brought.map(({ name }) => name) });
    },
    ...changes,
  };
  const system: TicketSystem = {
    title: 'Memory',
    ticket: { example: '1', pattern: /^1$/ },
    variable: 'SSHFATE_MEMORY',
    credential: { example: 'none' },
    headers: () => ({}),
    open: async () => ticket,
  };
  const api = new Api({
    title: 'Memory',
    base: new URL('https://memory.invalid'),
    headers: {},
    credentialHint: '',
    secrets: [],
    transport: async () => ({ status: 200, headers: new Headers(), text: '' }),
    timeoutMs: 1000,
    clock: fastClock([]),
  });
  const go = (content = sampleContent(), maximumAttachment?: number) =>
    publish(system, api, content, { ticket: '1', key: KEY, maximumAttachment });
  return { go, comments, files, happened };
}

const CHANGED = sampleContent({ findings: [sampleFinding({ sessions: 9 })] });

describe('publish', () => {
  it('attaches first, so that a comment never names a file that is not there', async () => {
    const { go, happened } = memorySystem();
    expect((await go()).comment).toBe('added');
    expect(happened).toEqual(['attach ssh-report', 'attach dump', 'add']);
  });
  it('attaches what is missing beside a comment that says it all already', async () => {
    const { go, files, happened } = memorySystem();
    await go();
    files.pop();
    expect(await go()).toMatchObject({
      comment: 'unchanged',
      attached: [sampleContent().attachments[1]?.name],
    });
    expect(happened.slice(3)).toEqual(['attach dump']);
  });
  it('lets a comment bring its files where both are one request', async () => {
    const { go, comments } = memorySystem({ attaching: 'with-comment', attach: undefined as never });
    await go();
    expect(comments[0]?.files).toHaveLength(2);
    expect((await go()).comment).toBe('unchanged');
    // The older files are there: the further comment brings none of them.
    expect(await go(CHANGED)).toMatchObject({ comment: 'added-again', attached: [] });
    expect(comments[1]?.files).toEqual([]);
    expect(comments[1]?.body).toContain('This replaces an earlier comment');
  });
  it('changes its comment where that can be done, and adds a further one where it is refused', async () => {
    const edited: string[] = [];
    const able = memorySystem({
      async editComment(id) {
        edited.push(id);
        return 'edited';
      },
    });
    await able.go();
    expect((await able.go(CHANGED)).comment).toBe('updated');
    expect(edited).toEqual(['0']);
    const refused = memorySystem({ editComment: async () => 'refused' });
    await refused.go();
    expect((await refused.go(CHANGED)).comment).toBe('added-again');
  });
  it('says what was done by the time that something failed', async () => {
    const { go } = memorySystem({
      async addComment() {
        throw new TicketError('forbidden', 'It may not.');
      },
    });
    await expect(go()).rejects.toThrow(
      /^It may not\. By then 'ssh-report\.\w+\.html' was attached, and 'dump\.\w+\.pcapng' was attached: the same command goes on from there\.$/,
    );
  });
  it('leaves out what is too large, for the system or for the user', async () => {
    const { go, files, comments } = memorySystem({ maximumAttachment: 10 });
    expect(await go()).toMatchObject({ attached: [expect.stringMatching(/^dump\./)] });
    expect(files).toHaveLength(1);
    expect(comments[0]?.body).toContain('is not attached: more than 10 bytes (13 bytes, SHA-256');
    // The user knows this installation better.
    expect((await go(undefined, 100)).attached).toEqual([expect.stringMatching(/^ssh-report\./)]);
  });
});

describe('contentKey', () => {
  const capture = (name: string, start: string | undefined) => ({ name, start });
  it('is that of the captures, however they are named and in whatever order they are read', () => {
    const one = contentKey(
      [capture('a', '2026-01-01T00:00:00.1Z'), capture('b', '2026-01-02T00:00:00.1Z')],
      undefined,
    );
    expect(
      contentKey([capture('x', '2026-01-02T00:00:00.1Z'), capture('y', '2026-01-01T00:00:00.1Z')], undefined),
    ).toBe(one);
    expect(contentKey([capture('a', '2026-01-01T00:00:00.1Z')], undefined)).not.toBe(one);
    expect(one).toMatch(/^[0-9a-f]{16}$/);
  });
  it('is another one for some of the findings', () => {
    const captures = [capture('a', '2026-01-01T00:00:00.1Z')];
    expect(contentKey(captures, ['b', 'a'])).toBe(contentKey(captures, ['a', 'b']));
    expect(contentKey(captures, ['a'])).not.toBe(contentKey(captures, undefined));
  });
  it('is that of the name for a capture without packets', () => {
    expect(contentKey([capture('a', undefined)], undefined)).not.toBe(
      contentKey([capture('b', undefined)], undefined),
    );
  });
});
