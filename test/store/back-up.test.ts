import { readFileSync } from 'node:fs';
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
