import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inCaptures } from '../../scripts/lab/manifest.ts';
import { compareCaptures } from '../../src/index.ts';
import { type CapturedPacket, putTogether, takeApart } from '../lab/altered.ts';
import { atNextRouter, withFartherServer } from './two-ends.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-silent-end-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PORT = 22;
type Change = (packets: readonly CapturedPacket[]) => readonly CapturedPacket[];

/** A client's capture and one at the next router, both before what broke the session. */
async function atClientAndRouter(name: string, change: Change = (packets) => packets) {
  const packets = change(takeApart(readFileSync(inCaptures(`${name}.client.pcap`))) ?? []);
  const [client, router] = ['client', 'router'].map((place) =>
    path.join(folder, `${name}.${place}.pcap`),
  ) as [string, string];
  writeFileSync(client, putTogether(packets));
  writeFileSync(router, putTogether(atNextRouter(packets, PORT)));
  const { sessions } = await compareCaptures([client, router]);
  return { verdict: sessions[0]?.verdict, router };
}

const farther: Change = (packets) => withFartherServer(packets, { port: PORT, routers: 2 });

describe('a server that acknowledges nothing any more of what passed the captures', () => {
  it('is not blamed where there are routers behind the last capture: it is the server or the path', async () => {
    const { verdict, router } = await atClientAndRouter('stalled-during-auth', farther);
    expect(verdict).toMatchObject({
      ...{ place: 'unknown', between: { after: router } },
      cause: { id: 'path-lost', confidence: 'likely' },
    });
    expect(verdict?.summary).toMatch(
      /^What the client sent came to .*router\.pcap, and nothing that acknowledges it came back there: .* Hop limits show 2 routers between .*router\.pcap and the server/,
    );
    expect(verdict?.nextSteps?.[0]).toMatch(/^On the server: `tcpdump -ni any -w server\.pcap/);
    expect(verdict?.nextSteps?.[1]).toMatch(/^On each of the 2 routers between .* and the server/);
    expect(verdict?.evidence.every(({ capture }) => capture === router)).toBe(true);
  });

  it('is blamed, with its link, where no router is behind the last capture; the path then is not the cause', async () => {
    const { verdict } = await atClientAndRouter('stalled-during-auth');
    expect(verdict?.place).toBe('server');
    expect(verdict?.between).toBeUndefined();
    expect(verdict?.cause).toBeUndefined();
    expect(verdict?.summary).toMatch(/no router between .*router\.pcap and the server: it is frozen or down/);
    expect(verdict?.nextSteps).toHaveLength(1);
  });

  it('is told apart from large packets that do not pass: these are of the path alone', async () => {
    const { verdict, router } = await atClientAndRouter('stalled-during-kex-path-mtu', farther);
    expect(verdict).toMatchObject({
      ...{ place: 'path', between: { after: router } },
      cause: { id: 'path-mtu-black-hole' },
    });
    expect(verdict?.cause?.confidence).not.toBe('certain');
    expect(verdict?.summary).toMatch(/It happens between .*router\.pcap and the server \(2 routers/);
  });
});

it('a server whose kernel acknowledges, and whose sshd says nothing, is hung wherever that was seen', async () => {
  const { verdict } = await atClientAndRouter('stalled-during-kex-server-stopped', farther);
  expect(verdict).toMatchObject({ place: 'server', cause: { id: 'server-hung' } });
});
