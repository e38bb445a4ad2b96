import { readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { backUp } from '../../src/store/back-up.ts';
import { openStore, temporaryFolder } from '../web/service.ts';

const CAPTURE = path.join(import.meta.dirname, '../../captures/close-during-kex-no-common-kex.client.pcap');

it('copies what a running service keeps, and that is served again', async () => {
  const { folder, remove } = temporaryFolder();
  const [data, target] = [path.join(folder, 'data'), path.join(folder, 'backup')];
  const store = openStore(data);
  const file = store.beginUpload(1e6);
  await file.write(readFileSync(CAPTURE));
  const capture = await store.commit(file, { name: 'a.pcap', owner: 'local', ownerName: 'local' });
  store.setNotes(capture.id, 'of the router');
  expect(await backUp(data, target)).toEqual({ captures: 1, copied: 1 });
  expect(await backUp(data, target)).toEqual({ captures: 1, copied: 0 });
  await store.close();

  const restored = openStore(target);
  await restored.whenDecided(capture, 20_000);
  expect(restored.capture({ owner: 'local', seesAll: true }, capture.id)).toMatchObject({
    state: 'done',
    notes: 'of the router',
    summary: { sessions: 1 },
  });
  await restored.close();
  await expect(backUp(path.join(folder, 'nothing'), target)).rejects.toThrow(/There is no data of a service/);
  remove();
});

it('replaces what is not whole, leaves out what is gone, and takes no folder that is in use', async () => {
  const { folder, remove } = temporaryFolder();
  const [data, target] = [path.join(folder, 'data'), path.join(folder, 'backup')];
  const store = openStore(data);
  const upload = async (bytes: Uint8Array, name: string) => {
    const file = store.beginUpload(1e6);
    await file.write(bytes);
    return store.commit(file, { name, owner: 'local', ownerName: 'local' });
  };
  const kept = await upload(readFileSync(CAPTURE), 'kept');
  const gone = await upload(Buffer.from('gone'), 'gone');
  await store.whenDecided(kept, 20_000);
  await expect(backUp(data, data)).rejects.toThrow(/is what is to be backed up/);
  expect(store.capture({ owner: 'local', seesAll: true }, kept.id)?.state).toBe('done');
  await backUp(data, target);

  // As a backup leaves it that was ended in the middle.
  const copy = path.join(target, 'captures', kept.sha256);
  truncateSync(copy, 100);
  for (const file of [store.fileOf(gone.sha256), path.join(target, 'captures', gone.sha256)]) rmSync(file);
  expect(await backUp(data, target)).toEqual({ captures: 1, copied: 1 });
  expect(readFileSync(copy)).toEqual(readFileSync(CAPTURE));
  expect(statSync(path.join(target, 'sshfate.db')).mode & 0o077).toBe(0);
  expect(readdirSync(target).sort()).toEqual(['captures', 'sshfate.db']);

  const restored = openStore(target);
  expect(restored.captures({ owner: 'local', seesAll: true }, {}).captures.map(({ name }) => name)).toEqual([
    'kept',
  ]);
  await expect(backUp(data, target)).rejects.toThrow(/is used by process/);
  await restored.close();
  await store.close();
  remove();
});
