import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore, startService, temporaryFolder } from '../web/service.ts';

const CAPTURE = path.join(import.meta.dirname, '../../captures/close-during-kex-no-common-kex.client.pcap');
const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)(`a full disk${isRoot ? '' : ' (skipped: to mount one needs root)'}`, () => {
  it('refuses an upload clearly, keeps what is there, and goes on when there is room', async () => {
    const { folder, remove } = temporaryFolder();
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]).status).toBe(0);
    const store = openStore(folder);
    try {
      const upload = async (bytes: Uint8Array, name: string) => {
        const file = store.beginUpload(1e9);
        try {
          await file.write(bytes);
          return await store.commit(file, { name, owner: 'local', ownerName: 'local' });
        } catch (error) {
          await file.abandon();
          throw error;
        }
      };
      const first = await upload(readFileSync(CAPTURE), 'first');
      await store.whenDecided(first, 20_000);
      await expect(upload(randomBytes(3_000_000), 'large')).rejects.toMatchObject({ code: 'disk-full' });
      const all = { owner: 'local', seesAll: true };
      expect(store.capture(all, first.id)).toMatchObject({ state: 'done' });
      const second = await upload(Buffer.concat([readFileSync(CAPTURE), Buffer.from('x')]), 'second');
      await store.whenDecided(second, 20_000);
      expect(store.capture(all, second.id)).toMatchObject({ state: 'done' });

      // So full that the verdict has no room.
      const third = Buffer.concat([readFileSync(CAPTURE), Buffer.from('yy')]);
      let size = 1_800_000;
      for (; size > 1000; size = Math.floor(size / 1.2)) {
        const { bavail, bsize } = (await import('node:fs')).statfsSync(folder);
        if (bavail * bsize < 60_000) break;
        writeFileSync(
          path.join(folder, `filler-${size}`),
          Buffer.alloc(Math.min(size, bavail * bsize - 50_000)),
        );
      }
      const full = await upload(third, 'third').catch((error: { code: string }) => error.code);
      if (typeof full === 'string') expect(full).toBe('disk-full');
      else {
        await store.whenDecided(full, 20_000);
        expect(['done', 'disk-full']).toContain(store.capture(all, full.id)?.error?.code ?? 'done');
      }
    } finally {
      await store.close();
      spawnSync('umount', [folder]);
      remove();
    }
  });

  it('still shows verdicts and deletes, by which room is made', async () => {
    const { folder, remove } = temporaryFolder();
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder]).status).toBe(0);
    const service = await startService(folder);
    const call = (address: string, init?: RequestInit) => fetch(`${service.url}/api/v1${address}`, init);
    try {
      const ids: string[] = [];
      for (let last = 201; last < 300; ) {
        const body = Buffer.concat([readFileSync(CAPTURE), randomBytes(60_000)]);
        const answer = await call('/captures?wait=20', { method: 'POST', body: new Uint8Array(body) });
        last = answer.status;
        if (last < 300) ids.push(((await answer.json()) as { id: string }).id);
      }
      // Nothing of the one that was refused.
      expect(readdirSync(path.join(folder, 'captures')).length).toBe(ids.length);
      fillUp(path.join(folder, 'filler'));
      const [first] = ids;
      const read: number[] = [];
      // Until the journal of the audit log has no more room.
      for (let i = 0; i < 50; i++) read.push((await call(`/captures/${first}/overview`)).status);
      expect(new Set(read)).toEqual(new Set([200]));
      expect(service.logged).toContainEqual(
        expect.objectContaining({ event: 'not-in-audit-log', what: 'read', capture: first }),
      );
      const evidence = await call(`/captures/${first}/evidence?session=1`);
      expect([evidence.status, await evidence.json()]).toMatchObject([507, { error: { code: 'disk-full' } }]);
      for (const id of ids) expect((await call(`/captures/${id}`, { method: 'DELETE' })).status).toBe(204);
      expect(readdirSync(path.join(folder, 'captures'))).toEqual([]);
    } finally {
      await service.close();
      expect(() => withFullDisk(folder)).toThrow(/cannot be used for data: there is no space left/);
      spawnSync('umount', [folder]);
      remove();
    }
  });
});

function fillUp(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(1024));
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(descriptor);
  }
}

function withFullDisk(folder: string): void {
  fillUp(path.join(folder, 'again'));
  openStore(folder);
}
