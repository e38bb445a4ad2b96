import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/sqlite.ts';
import { openTokens, type Store } from '../../src/store/store.ts';
import type { StoredCapture } from '../../src/store/stored-capture.ts';
import { openStore, temporaryFolder } from '../web/service.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const bytesOf = (name: string): Buffer => readFileSync(path.join(CAPTURES, `${name}.pcap`));
const NO_COMMON_KEX = 'close-during-kex-no-common-kex.client';
const ALL = { owner: 'local', seesAll: true } as const;

describe('Store', () => {
  let temporary: ReturnType<typeof temporaryFolder>;
  let store: Store;
  beforeEach(() => {
    temporary = temporaryFolder();
    store = openStore(temporary.folder);
  });
  afterEach(async () => {
    await store.close();
    temporary.remove();
  });

  async function upload(bytes: Uint8Array, name = 'a.pcap', owner = 'local'): Promise<StoredCapture> {
    const file = store.beginUpload(1e9);
    await file.write(bytes);
    return store.commit(file, { name, owner, ownerName: owner });
  }

  async function decided(capture: StoredCapture): Promise<StoredCapture> {
    await store.whenDecided(capture, 20_000);
    return store.capture(ALL, capture.id) as StoredCapture;
  }

  const files = (folder: string): string[] => readdirSync(path.join(temporary.folder, folder));

  it('judges what was uploaded', async () => {
    const done = await decided(await upload(bytesOf(NO_COMMON_KEX)));
    expect(done).toMatchObject({ state: 'done', summary: { sessions: 1, failed: 1 } });
    expect(done.summary?.fates).toEqual({ 'close-during-kex': 1 });
  });

  it('keeps and judges the same file once, under each of its names', async () => {
    const one = await decided(await upload(bytesOf(NO_COMMON_KEX), 'one "a".pcap'));
    const two = await upload(bytesOf(NO_COMMON_KEX), 'zwei ü.pcap', 'anna');
    expect(two.state).toBe('done');
    expect(files('captures')).toEqual([one.sha256]);
    for (const capture of [one, two]) {
      const result = store.result(capture);
      expect(JSON.parse(result.session(1) as string).capture).toBe(capture.name);
      expect(result.incident.captures[0]?.name).toBe(capture.name);
      result.close();
    }
    store.remove(one);
    expect(files('captures')).toEqual([one.sha256]);
    store.remove(two);
    expect([files('captures'), files('results')]).toEqual([[], []]);
  });

  it('keeps a file of which another copy arrives while it is deleted', async () => {
    const one = await decided(await upload(bytesOf(NO_COMMON_KEX)));
    const file = store.beginUpload(1e9);
    await file.write(bytesOf(NO_COMMON_KEX));
    const arriving = store.commit(file, { name: 'b.pcap', owner: 'local', ownerName: 'local' });
    // Between the file's name and its row.
    while (!readdirSync(path.join(temporary.folder, 'incoming')).every((name) => name === '')) {
      store.remove(one);
      await new Promise(setImmediate);
    }
    const two = await arriving;
    expect(existsSync(store.fileOf(two.sha256))).toBe(true);
    expect(await decided(two)).toMatchObject({ state: 'done' });
  });

  it('waits for no verdict on behalf of who has gone', async () => {
    const capture = await upload(bytesOf(NO_COMMON_KEX));
    await store.whenDecided(capture, 20_000, AbortSignal.abort());
    expect(store.capture(ALL, capture.id)?.state).not.toBe('done');
  });

  it.each([
    ['a text', Buffer.from('no capture'), 'not-a-capture'],
    [
      'a gzip bomb',
      gzipSync(Buffer.concat([bytesOf(NO_COMMON_KEX).subarray(0, 24), Buffer.alloc(1e6)])),
      'done',
    ],
  ])('comes to a clear end with %s', async (_what, bytes, expected) => {
    const { state, error } = await decided(await upload(bytes));
    expect(error?.code ?? state).toBe(expected);
    if (error) expect(error.message).toMatch(/^The file is .*\. Give the packets themselves/);
  });

  it('ends an analysis that takes too long or decompresses to too much', async () => {
    await store.close();
    store = openStore(temporary.folder, { maxExpandedBytes: 1000 });
    const bomb = gzipSync(Buffer.concat([bytesOf(NO_COMMON_KEX), bytesOf(NO_COMMON_KEX).subarray(24)]));
    expect(await decided(await upload(bomb))).toMatchObject({
      state: 'failed',
      error: { code: 'expanded-limit' },
    });
    await store.close();
    store = openStore(temporary.folder, { timeMs: 1 });
    const slow = await decided(await upload(bytesOf('close-during-auth-guessing.server')));
    expect(slow).toMatchObject({ state: 'failed', error: { code: 'time-limit' } });
    await store.close();
    store = openStore(temporary.folder);
    store.judgeAgain(slow);
    expect(await decided(slow)).toMatchObject({ state: 'done' });
  });

  it('goes on with what was not judged when it ended', async () => {
    const names = readdirSync(CAPTURES)
      .filter((name) => name.endsWith('.pcap'))
      .slice(0, 12);
    const uploads: StoredCapture[] = [];
    for (const name of names) uploads.push(await upload(readFileSync(path.join(CAPTURES, name)), name));
    await store.close();
    store = openStore(temporary.folder);
    for (const capture of uploads) expect(await decided(capture)).toMatchObject({ state: 'done' });
  });

  it('removes files that were never acknowledged', async () => {
    const kept = await decided(await upload(bytesOf(NO_COMMON_KEX)));
    for (const name of [
      'captures/ffff',
      'results/ffff.db',
      `results/${kept.sha256}.db.unfinished`,
      'incoming/x',
    ]) {
      writeFileSync(path.join(temporary.folder, name), 'x');
    }
    await store.close();
    store = openStore(temporary.folder);
    await store.removeUnfinishedUploads();
    expect([files('captures'), files('results'), files('incoming')]).toEqual([
      [kept.sha256],
      [`${kept.sha256}.db`],
      [],
    ]);
  });

  it('judges a file whose copy was deleted while it arrived, when the process ended before its row', async () => {
    await decided(await upload(bytesOf(NO_COMMON_KEX)));
    await store.close();
    const database = openDatabase(path.join(temporary.folder, 'sshfate.db'));
    database.exec('DELETE FROM captures');
    database.close();
    store = openStore(temporary.folder);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await decided(await upload(bytesOf(NO_COMMON_KEX)))).toMatchObject({ state: 'done' });
  });

  it('takes a file that is too large for none', async () => {
    const file = store.beginUpload(10);
    await expect(file.write(Buffer.alloc(11))).rejects.toMatchObject({ code: 'too-large' });
    await file.abandon();
    const empty = store.beginUpload(10);
    await expect(store.commit(empty, { name: 'a', owner: 'b', ownerName: 'b' })).rejects.toMatchObject({
      code: 'empty',
    });
    expect(files('incoming')).toEqual([]);
  });

  it('shows owners their own, and finds by name, notes and digest', async () => {
    const anna = await upload(bytesOf(NO_COMMON_KEX), 'router_100%.pcap', 'anna');
    await upload(bytesOf('close-during-auth-guessing.server'), 'other.pcap', 'bert');
    const own = { owner: 'anna', seesAll: false };
    expect(store.captures(own, {}).captures.map(({ id }) => id)).toEqual([anna.id]);
    expect(store.captures(ALL, { search: '100%' }).total).toBe(1);
    expect(store.captures(ALL, { search: '_______' }).total).toBe(0);
    store.setNotes(anna.id, 'the firewall of Graz');
    expect(store.captures(ALL, { search: 'graz' }).captures[0]?.id).toBe(anna.id);
    expect(store.captures(ALL, { search: anna.sha256.slice(0, 10) }).total).toBe(1);
    expect(store.capture({ owner: 'bert', seesAll: false }, anna.id)).toBeUndefined();
  });

  it('finds where else something happened', async () => {
    const client = await decided(await upload(bytesOf(NO_COMMON_KEX)));
    await decided(await upload(bytesOf('close-during-auth-guessing.server'), 'g.pcap', 'bert'));
    const { total, captures } = store.searchSessions(ALL, {
      server: '198.51.100.20',
      causes: ['no-common-kex'],
    });
    expect(total).toBe(1);
    expect(captures[0]).toMatchObject({
      capture: { id: client.id },
      total: 1,
      sessions: [{ cause: 'no-common-kex' }],
    });
    expect(store.searchSessions({ owner: 'bert', seesAll: false }, { causes: ['no-common-kex'] }).total).toBe(
      0,
    );
    expect(store.searchSessions(ALL, { server: '198.51.100.2' }).total).toBe(0);
  });

  it('deletes the oldest by age and size, but nothing that waits for its verdict', async () => {
    const first = await decided(await upload(bytesOf(NO_COMMON_KEX), 'first'));
    const second = await decided(await upload(bytesOf('close-during-auth-guessing.server'), 'second'));
    expect(store.retain({ maxAgeMs: 60_000, maxBytes: first.sizeBytes + second.sizeBytes })).toEqual([]);
    expect(store.retain({ maxBytes: second.sizeBytes }).map(({ name }) => name)).toEqual(['first']);
    expect(store.storedBytes()).toBe(second.sizeBytes);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(store.retain({ maxAgeMs: 1 }).map(({ name }) => name)).toEqual(['second']);
    expect(files('captures')).toEqual([]);
  });

  it('deletes many in steps, between which others are answered', async () => {
    await store.close();
    const database = openDatabase(path.join(temporary.folder, 'sshfate.db'));
    const capture = database.prepare("INSERT INTO captures VALUES (?, 'a', ?, 1, ?, 'o', 'o', '')");
    const analysis = database.prepare(
      "INSERT INTO analyses (sha256, state, queued, owner) VALUES (?, 'failed', 0, 'o')",
    );
    database.transaction(() => {
      for (let i = 0; i < 1200; i++) {
        capture.run(`id ${i}`, `sha ${i}`, new Date(i).toISOString());
        analysis.run(`sha ${i}`);
      }
    })();
    database.close();
    store = openStore(temporary.folder);
    const steps: number[] = [];
    do steps.push(store.retain({ maxBytes: 10 }).length);
    while (steps.at(-1) !== 0);
    expect(steps).toEqual([500, 500, 190, 0]);
    expect(store.captures(ALL, { limit: 1 }).captures[0]?.id).toBe('id 1199');
    store.audit.addAll([1, 2].map((n) => ({ who: 'a', whoName: 'a', what: 'deleted', detail: `${n}` })));
    expect(store.audit.list({}).map(({ detail }) => detail)).toEqual(['2', '1']);
  });

  it('judges anew what has lost its verdict', async () => {
    const { id } = await decided(await upload(bytesOf(NO_COMMON_KEX), 'a'));
    await store.close();
    rmSync(path.join(temporary.folder, 'results'), { recursive: true });
    store = openStore(temporary.folder);
    const again = store.capture(ALL, id) as StoredCapture;
    expect(['queued', 'analysing']).toContain(again.state);
    expect(await decided(again)).toMatchObject({ state: 'done', summary: { sessions: 1 } });
  });

  it('keeps nothing of a file that is over the quota', async () => {
    const file = store.beginUpload(1e6);
    await file.write(Buffer.from('more than 10 bytes'));
    await expect(
      store.commit(file, { name: 'a', owner: 'b', ownerName: 'b', quotaBytes: 10 }),
    ).rejects.toMatchObject({ code: 'quota' });
    expect(files('captures')).toEqual([]);
  });

  it('lets nobody else read its databases', () => {
    const modes = readdirSync(temporary.folder)
      .filter((name) => name.startsWith('sshfate.db'))
      .map((name) => statSync(path.join(temporary.folder, name)).mode & 0o777);
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  it('is one process at a time, and refuses data of a newer version', async () => {
    expect(() => openStore(temporary.folder)).toThrow(/is used by process \d+\. End that one/);
    await store.close();
    const database = openDatabase(path.join(temporary.folder, 'sshfate.db'));
    database.pragma('user_version = 99');
    database.close();
    expect(() => openTokens(temporary.folder)).toThrow(/newer sshfate \(version 99/);
    temporary.remove();
    store = openStore(temporary.folder);
  });
});

describe('Tokens', () => {
  it('let in who has the secret until they are revoked, and keep only a hash', () => {
    const { folder, remove } = temporaryFolder();
    const { tokens, close } = openTokens(folder);
    const { token, secret } = tokens.create('anna', 'read');
    expect(secret).toMatch(/^sshf_[\w-]{43}$/);
    expect(tokens.of(secret)).toEqual(token);
    expect(tokens.of(`${secret}x`)).toBeUndefined();
    expect(tokens.revoke(token.id)).toBe(true);
    expect([tokens.of(secret), tokens.exist(), tokens.revoke(token.id)]).toEqual([undefined, false, false]);
    expect(tokens.list()).toMatchObject([{ name: 'anna', role: 'read' }]);
    close();
    const bytes = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'latin1'));
    expect(bytes.join('')).not.toContain(secret.slice(5));
    remove();
  });
});
