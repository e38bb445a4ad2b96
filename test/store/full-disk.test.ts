import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore, temporaryFolder } from '../web/service.ts';

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
});
