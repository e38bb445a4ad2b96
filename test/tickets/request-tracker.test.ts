import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/record.ts';
import { listAt, textAt } from '../../src/tickets/json-value.ts';
import { judged } from '../evidence/extracting.ts';
import { startForwarder } from './forwarder.ts';
import { requestTrackerVersion, startRequestTracker, whyNoRequestTracker } from './real-request-tracker.ts';
import type { RealServer } from './real-server.ts';
import { CAPTURE, REPORT_AND_EVIDENCE, runTicket, startTicket } from './run-ticket.ts';

const why = whyNoRequestTracker();
if (why !== undefined) console.log(`Skipped: ${why}.`);

describe.skipIf(why !== undefined)('Request Tracker, the real one', { timeout: 120_000 }, () => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startRequestTracker();
  }, 120_000);
  afterAll(() => server?.stop());

  async function newTicket(): Promise<string> {
    const answer = await server.request('POST', '/REST/2.0/ticket', {
      Queue: 'General',
      Subject: 'ssh does not work',
      Content: 'see the capture',
      ContentType: 'text/plain',
    });
    return String(((await answer.json()) as { id: unknown }).id);
  }

  interface Part {
    readonly name: string;
    readonly type: string;
    readonly subject: string;
    readonly bytes: Buffer;
  }

  /** What the ticket holds beyond its first message, in order. */
  async function parts(ticket: string): Promise<Part[]> {
    const list = await server.request('GET', `/REST/2.0/ticket/${ticket}/attachments?per_page=100`);
    const all: Part[] = [];
    for (const { id } of listAt(await list.json(), 'items') as { id: string }[]) {
      const one = await (await server.request('GET', `/REST/2.0/attachment/${id}`)).json();
      all.push({
        name: textAt(one, 'Filename') ?? '',
        type: textAt(one, 'ContentType') ?? '',
        subject: textAt(one, 'Subject') ?? '',
        bytes: Buffer.from(textAt(one, 'Content') ?? '', 'base64'),
      });
    }
    return all.slice(1);
  }

  const files = (all: readonly Part[]): Part[] => all.filter(({ name }) => name !== '');
  const comments = (all: readonly Part[]): Part[] =>
    all.filter(({ name, type, bytes }) => name === '' && type === 'text/plain' && bytes.includes('sshfate'));
  const words = (ticket: string, url = server.url): string[] => [
    CAPTURE,
    '--to',
    'rt',
    '--url',
    url,
    '--ticket',
    ticket,
  ];
  const environment = (): Record<string, string> => ({ SSHFATE_RT_CREDENTIALS: server.credential });

  it('is the 5.0 of Debian 12', () => {
    expect(requestTrackerVersion()).toMatch(/^5\.0\./);
  });

  it('holds the comment and the files, byte for byte what a dry run shows', async () => {
    const ticket = await newTicket();
    const dry = await runTicket([...words(ticket), '--dry-run'], {});
    expect(dry.code).toBe(0);
    expect(await parts(ticket)).toEqual([]);
    const ran = await runTicket(words(ticket), environment());
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^ticket \d+: comment added, 2 files attached\n$/);
    const all = await parts(ticket);
    const [comment, ...others] = comments(all);
    expect(others).toEqual([]);
    const shown = /\ntext 1:\n([\s\S]*?Written by sshfate, sshfate:1:[0-9a-f:]+)\n/.exec(dry.stdout)?.[1];
    expect(comment?.bytes.toString()).toBe(shown);
    const named = [...dry.stdout.matchAll(/file '([^']+)', (\d+) bytes, SHA-256 ([0-9a-f]{64}), (\S+)/g)].map(
      ([, name, size, sha256, type]) => ({ name, size: Number(size), sha256, type }),
    );
    expect(named.map(({ name }) => name)).toEqual(REPORT_AND_EVIDENCE);
    expect(
      files(all).map(({ name, type, bytes }) => ({
        name,
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        type,
      })),
    ).toEqual(named);
  });

  it('holds evidence that tells the same verdict when it is read back', async () => {
    const ticket = await newTicket();
    await runTicket(words(ticket), environment());
    const evidence = files(await parts(ticket)).find(({ name }) => name.endsWith('.pcapng'));
    const verdict = ({ fate, cause }: SessionRecord) => [
      fate,
      cause?.id,
      cause?.evidence.map(({ what }) => what),
    ];
    const inTicket = await judged(evidence?.bytes ?? Buffer.alloc(0));
    expect(inTicket.map(verdict)).toEqual((await judged(CAPTURE)).map(verdict));
  });

  it('is not written to again when there is nothing new', async () => {
    const ticket = await newTicket();
    await runTicket(words(ticket), environment());
    const before = await parts(ticket);
    const again = await runTicket(words(ticket), environment());
    expect(again).toEqual({
      code: 0,
      stdout: `ticket ${ticket}: nothing new, comment left as it is\n`,
      stderr: '',
    });
    expect(await parts(ticket)).toEqual(before);
  });

  it('gets a further comment that says so when there is something new, and no file twice', async () => {
    const ticket = await newTicket();
    await runTicket([...words(ticket), '--attach', 'report'], environment());
    const ran = await runTicket([...words(ticket), '--attach', 'none'], environment());
    expect(ran.stdout).toContain('a further comment added, as the older one cannot be changed');
    const all = await parts(ticket);
    expect(comments(all)).toHaveLength(2);
    expect(comments(all)[1]?.bytes.toString()).toContain('This replaces an earlier comment of sshfate');
    expect(files(all)).toHaveLength(1);
  });

  it('has one of each after the program was killed when the comment was written but not answered', async () => {
    const ticket = await newTicket();
    let kill = (): void => {};
    const forwarder = await startForwarder(server.url, (seen) => {
      if (!seen.startsWith('POST')) return 'pass';
      kill();
      return 'cut';
    });
    try {
      const first = startTicket(words(ticket, forwarder.url), environment());
      kill = first.kill;
      expect((await first.ran).code).toBeUndefined();
      const second = await runTicket(words(ticket, forwarder.url), environment());
      expect(second.stdout).toContain('nothing new');
      expect(forwarder.seen.filter((seen) => seen.startsWith('POST'))).toHaveLength(1);
    } finally {
      await forwarder.stop();
    }
    const all = await parts(ticket);
    expect(comments(all)).toHaveLength(1);
    expect(files(all).map(({ name }) => name)).toEqual(REPORT_AND_EVIDENCE);
  });

  it('has one of each when the answer to the comment was lost: the program looks before it writes again', async () => {
    const ticket = await newTicket();
    let cuts = 0;
    const forwarder = await startForwarder(server.url, (seen) =>
      seen.startsWith('POST') && cuts++ === 0 ? 'cut' : 'pass',
    );
    try {
      const ran = await runTicket(words(ticket, forwarder.url), environment());
      expect(ran.code).toBe(0);
      expect(ran.stdout).toContain('comment added');
      expect(forwarder.seen.filter((seen) => seen.startsWith('POST'))).toHaveLength(1);
    } finally {
      await forwarder.stop();
    }
    expect(comments(await parts(ticket))).toHaveLength(1);
  });

  it('gets one new ticket from --create, however often that is run', async () => {
    const create = [CAPTURE, '--to', 'rt', '--url', server.url, '--create', '--project', 'General'];
    const first = await runTicket(create, environment());
    const second = await runTicket(create, environment());
    const id = /^ticket (\d+) opened: comment added/.exec(first.stdout)?.[1];
    expect(second.stdout).toBe(`ticket ${id}: nothing new, comment left as it is\n`);
    const { Subject } = (await (await server.request('GET', `/REST/2.0/ticket/${id}`)).json()) as {
      Subject: string;
    };
    expect(Subject).toMatch(
      /^SSH: 198\.51\.100\.20:22: closed during the key exchange .*\[sshfate [0-9a-f]{16}\]$/,
    );
  });

  it('is told apart from a refusal: wrong password, no such ticket, no such queue', async () => {
    const ticket = await newTicket();
    const wrong = await runTicket(words(ticket), { SSHFATE_RT_CREDENTIALS: 'root:very-wrong-password' });
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).toBe(
      `sshfate: Request Tracker at ${server.url} answered 401 to the request to read ticket ${ticket}: "Unauthorized". The credential is not known there: check SSHFATE_RT_CREDENTIALS.\n`,
    );
    const missing = await runTicket(words('999999'), environment());
    expect(missing.code).toBe(4);
    expect(missing.stderr).toContain('answered 404 to the request to read ticket 999999');
    const queue = await runTicket(
      [CAPTURE, '--to', 'rt', '--url', server.url, '--create', '--project', "No'pe"],
      environment(),
    );
    expect(queue.code).toBe(4);
    expect(queue.stderr).toContain('open a ticket');
  });
});
