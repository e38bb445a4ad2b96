import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderInUse } from '../../src/folder-lock.ts';
import { Webhook, type WebhookOptions } from '../../src/webhook/webhook.ts';
import { findingEvent, numberedId } from './findings.ts';
import { type Answer, type TestReceiver, testReceiver } from './receiver.ts';

const TOKEN = 'token-that-nobody-sees';
const TIMING = { firstMs: 40, longestMs: 100, timeoutMs: 300, endMs: 400, sayAgainMs: 60_000 };

let folder = '';
let said: string[] = [];
let webhooks: Webhook[] = [];
let receivers: TestReceiver[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sshfate-webhook-'));
});
afterEach(async () => {
  for (const webhook of webhooks) await webhook.end();
  for (const receiver of receivers) await receiver.close();
  expect(said.join('\n')).not.toMatch(/token-that-nobody-sees|path-that-is-secret/);
  [said, webhooks, receivers] = [[], [], []];
  rmSync(folder, { recursive: true });
});

async function receiving(...[answer, port]: Parameters<typeof testReceiver>): Promise<TestReceiver> {
  const receiver = await testReceiver(answer, port);
  receivers.push(receiver);
  return receiver;
}

async function openWebhook(url: URL, options: Partial<WebhookOptions> = {}): Promise<Webhook> {
  const webhook = await Webhook.open({
    receiver: { url, token: TOKEN, secret: undefined, userAgent: 'sshfate/1.2.3' },
    folder,
    source: { host: 'bastion', interfaces: ['eth0'], version: '1.2.3' },
    say: (text) => said.push(text),
    timing: TIMING,
    ...options,
  });
  webhooks.push(webhook);
  return webhook;
}

const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => numberedId(from + index));

function tell(webhook: Webhook, from: number, to = from): void {
  for (const id of ids(from, to)) webhook.finding(findingEvent(id));
}

const waitingFiles = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.json'));
const refusedFiles = (): string[] => readdirSync(path.join(folder, 'refused'));
/** Answers so to the first requests, then 204. */
const firstly =
  (...answers: Answer[]) =>
  (number: number): Answer =>
    answers[number] ?? { status: 204 };

async function delivered(webhook: Webhook, count: number): Promise<void> {
  await expect.poll(() => webhook.delivered, { timeout: 10_000 }).toBe(count);
}

describe('events', () => {
  test('come in their order, once each, and leave nothing behind', async () => {
    const receiver = await receiving();
    const webhook = await openWebhook(receiver.url);
    tell(webhook, 1, 30);
    await delivered(webhook, 30);
    expect(receiver.findings()).toEqual(ids(1, 30));
    expect(new Set(receiver.received.map(({ document }) => document.id)).size).toBe(30);
    for (const { headers, document } of receiver.received) {
      expect(headers['idempotency-key']).toBe(document.id);
    }
    expect(waitingFiles()).toEqual([]);
    expect(said).toEqual([]);
  });

  test('keep their order when one has to be sent again', async () => {
    const receiver = await receiving(firstly({ status: 204 }, { status: 503 }, 'hang-up', { status: 408 }));
    const webhook = await openWebhook(receiver.url);
    tell(webhook, 1, 4);
    await delivered(webhook, 4);
    expect(receiver.findings()).toEqual([1, 2, 2, 2, 2, 3, 4].map(numberedId));
    const second = receiver.received.filter(({ document }) => document.finding.id === numberedId(2));
    expect(new Set(second.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(webhook).toMatchObject({ delivered: 4, failed: 3, refused: 0, dropped: 0, waiting: 0 });
  });

  test('are tried again with longer and longer pauses', async () => {
    const receiver = await receiving(firstly(...Array(5).fill({ status: 500 })));
    const webhook = await openWebhook(receiver.url);
    tell(webhook, 1);
    await delivered(webhook, 1);
    const times = receiver.received.map(({ atMs }) => atMs);
    const pauses = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    for (const [index, atLeastMs] of [20, 40, 50, 50, 50].entries()) {
      expect(pauses[index]).toBeGreaterThan(atLeastMs - 2);
    }
  });

  test('wait as long as a 429 asks for', async () => {
    const receiver = await receiving(firstly({ status: 429, headers: { 'Retry-After': '1' } }));
    const webhook = await openWebhook(receiver.url);
    tell(webhook, 1);
    await delivered(webhook, 1);
    const [first, second] = receiver.received.map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(990);
  });

  test('that are refused are set aside, said once, and the next ones come', async () => {
    const receiver = await receiving(firstly({ status: 400 }, { status: 400 }));
    const webhook = await openWebhook(receiver.url);
    tell(webhook, 1, 3);
    await delivered(webhook, 1);
    expect(receiver.findings()).toEqual(ids(1, 3));
    expect(refusedFiles().length).toBe(2);
    expect(webhook.refused).toBe(2);
    expect(said).toEqual([
      `The webhook at ${receiver.url.origin} answered 400 Bad Request. What it does not take is kept in '${folder}/refused': mend the address, the token or the receiver, move the files up one folder, and start again to send them.`,
    ]);
  });

  test('that were refused are sent when they are moved back', async () => {
    const strict = await receiving(() => ({ status: 401 }));
    const webhook = await openWebhook(strict.url);
    tell(webhook, 1, 2);
    await expect.poll(() => webhook.refused).toBe(2);
    await webhook.end();
    for (const name of refusedFiles()) {
      renameSync(path.join(folder, 'refused', name), path.join(folder, name));
    }
    const receiver = await receiving();
    await delivered(await openWebhook(receiver.url), 2);
    expect(receiver.findings()).toEqual(ids(1, 2));
  });

  test('do not follow a redirect', async () => {
    const other = await receiving();
    const receiver = await receiving(() => ({ status: 307, headers: { Location: other.url.href } }));
    const webhook = await openWebhook(receiver.url);
    tell(webhook, 1);
    await expect.poll(() => webhook.refused).toBe(1);
    expect(other.received).toEqual([]);
    expect(said[0]).toContain('answered 307 Temporary Redirect: redirects are not followed.');
  });

  test('are tried again when no answer comes in time', async () => {
    const receiver = await receiving(firstly('silence'));
    const webhook = await openWebhook(receiver.url);
    tell(webhook, 1);
    await delivered(webhook, 1);
    expect(receiver.findings()).toEqual([1, 1].map(numberedId));
    expect(said[0]).toContain('did not answer within 0.3 s.');
  });
});

describe('a receiver that is away', () => {
  test('is said once, holds nothing up, and gets everything in its order when it is back', async () => {
    const gone = await testReceiver();
    await gone.close();
    const webhook = await openWebhook(gone.url);
    const startMs = performance.now();
    tell(webhook, 1, 200);
    expect(performance.now() - startMs).toBeLessThan(250);
    await expect.poll(() => webhook.failed, { timeout: 10_000 }).toBeGreaterThan(3);
    await expect.poll(() => waitingFiles().length).toBe(200);
    expect(said.length).toBe(1);
    expect(said[0]).toMatch(
      /^The webhook at http:\/\/127\.0\.0\.1:\d+ does not listen \(ECONNREFUSED\)\. \d+ finding events? waits? in '.*', and what comes waits there, too, until it works\.$/,
    );
    const back = await receiving(undefined, Number(gone.url.port));
    await delivered(webhook, 200);
    expect(back.findings()).toEqual(ids(1, 200));
    expect(said.slice(1)).toEqual([
      `The webhook at ${gone.url.origin} works again. 199 finding events wait still, and are sent now.`,
    ]);
  });

  test('leaves what waits on disk for the next run, which sends it first', async () => {
    const gone = await testReceiver();
    await gone.close();
    const webhook = await openWebhook(gone.url);
    tell(webhook, 1, 12);
    await expect.poll(() => webhook.failed).toBeGreaterThan(0);
    await webhook.end();
    expect(said.at(-1)).toBe(
      `12 finding events wait in '${folder}' for the webhook. The next run with --webhook sends them.`,
    );
    const back = await receiving(undefined, Number(gone.url.port));
    const next = await openWebhook(gone.url);
    expect(said.at(-1)).toBe(
      `12 finding events wait in '${folder}' from before. They are sent to the webhook first.`,
    );
    tell(next, 13);
    await delivered(next, 13);
    expect(back.findings()).toEqual(ids(1, 13));
  });
});

describe('the end', () => {
  test('delivers what waits', async () => {
    const receiver = await receiving();
    const webhook = await openWebhook(receiver.url);
    tell(webhook, 1, 20);
    await webhook.end();
    expect(receiver.findings()).toEqual(ids(1, 20));
    expect([waitingFiles(), said]).toEqual([[], []]);
  });

  test('does not wait for a pause, and tries once', async () => {
    const receiver = await receiving(firstly({ status: 500 }));
    const webhook = await openWebhook(receiver.url, {
      timing: { ...TIMING, firstMs: 60_000, longestMs: 60_000 },
    });
    tell(webhook, 1);
    await expect.poll(() => webhook.failed).toBe(1);
    const startMs = performance.now();
    await webhook.end();
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(webhook.delivered).toBe(1);
  });

  test('does not come back to one that asked for patience', async () => {
    const receiver = await receiving(() => ({ status: 429, headers: { 'Retry-After': '60' } }));
    const webhook = await openWebhook(receiver.url);
    tell(webhook, 1);
    await expect.poll(() => webhook.failed).toBe(1);
    await webhook.end();
    expect(receiver.received.length).toBe(1);
    expect(waitingFiles().length).toBe(1);
  });

  test('takes no longer than it may when nobody answers', async () => {
    const receiver = await receiving(() => 'silence');
    const webhook = await openWebhook(receiver.url, { timing: { ...TIMING, timeoutMs: 60_000 } });
    tell(webhook, 1, 3);
    await expect.poll(() => receiver.received.length).toBe(1);
    const startMs = performance.now();
    await webhook.end();
    expect(performance.now() - startMs).toBeLessThan(TIMING.endMs + 1000);
    expect(waitingFiles().length).toBe(3);
  });
});

test('a second one with the same folder is refused while the first one is there', async () => {
  const receiver = await receiving();
  const webhook = await openWebhook(receiver.url);
  await expect(openWebhook(receiver.url)).rejects.toThrow(FolderInUse);
  await webhook.end();
  await openWebhook(receiver.url);
});

test('too many that wait are said, with how many were given up', async () => {
  const gone = await testReceiver();
  await gone.close();
  const webhook = await openWebhook(gone.url, { limits: { events: 5 } });
  tell(webhook, 1, 9);
  expect(said).toContain(
    'Too many events wait for the webhook: 1 of the oldest was given up so far. See why it does not take them.',
  );
  expect([webhook.waiting, webhook.dropped]).toEqual([5, 4]);
});

test('events come whole through a receiver that fails at random', { timeout: 60_000 }, async () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const taken: string[] = [];
  const receiver = await receiving((_, { document }) => {
    const dice = random();
    // Taken, but the answer is lost.
    if (dice < 0.75) taken.push(document.finding.id);
    if (dice < 0.6) return { status: 200 };
    return dice < 0.8 ? 'hang-up' : { status: 503 };
  });
  const webhook = await openWebhook(receiver.url, { timing: { ...TIMING, firstMs: 1, longestMs: 4 } });
  tell(webhook, 1, 100);
  await delivered(webhook, 100);
  expect(taken.length).toBeGreaterThan(100);
  const once = taken.filter((id, index) => id !== taken[index - 1]);
  expect(once).toEqual(ids(1, 100));
});
