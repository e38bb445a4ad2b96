import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inCaptures } from '../../scripts/lab/manifest.ts';
import { compareCaptures } from '../../src/index.ts';
import { putTogether, takeApart } from '../lab/altered.ts';
import { atOtherEnd } from './two-ends.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-missing-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('large packets of the client that the path drops before both captures', () => {
  it('are lost there, although all came through between the captures', async () => {
    const packets = takeApart(readFileSync(inCaptures('stalled-during-kex-path-mtu.server.pcap'))) ?? [];
    const [router, server] = ['router', 'server'].map((place) => path.join(folder, `${place}.pcap`)) as [
      string,
      string,
    ];
    const delayUs = { toServer: 200, toClient: 200 };
    writeFileSync(server, putTogether(packets));
    writeFileSync(router, putTogether(atOtherEnd(packets, { port: 22, delayUs })));
    const { sessions } = await compareCaptures([router, server]);
    expect(sessions[0]?.verdict).toMatchObject({
      ...{ place: 'path', between: { before: router } },
      cause: { id: 'path-mtu-black-hole' },
    });
  });
});
