import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inCaptures } from '../../scripts/lab/manifest.ts';
import { compareCaptures } from '../../src/index.ts';
import { putTogether, takeApart } from '../lab/altered.ts';
import { atOtherEnd } from './two-ends.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-at-the-client-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The server's capture, and one so many routers before it: its answers came as far as that. */
async function atServerAndBefore(routers: number) {
  const packets = takeApart(readFileSync(inCaptures('syn-ack-unanswered.server.pcap'))) ?? [];
  const [server, before] = ['server', 'before'].map((place) =>
    path.join(folder, `${routers}.${place}.pcap`),
  ) as [string, string];
  const delayUs = { toServer: 200, toClient: 200 };
  writeFileSync(server, putTogether(packets));
  writeFileSync(before, putTogether(atOtherEnd(packets, { port: 22, delayUs, hops: routers })));
  const { sessions } = await compareCaptures([server, before]);
  return { verdict: sessions[0]?.verdict, before };
}

describe('SYN-ACKs that all came to the capture nearest to the client', () => {
  it('are not said to be the client’s doing where routers are before that capture', async () => {
    // No router is taken off: the client stays one router away from both.
    const { verdict, before } = await atServerAndBefore(0);
    expect(verdict).toMatchObject({
      ...{ place: 'unknown', between: { before } },
      cause: { id: 'return-path-drop', confidence: 'likely' },
    });
    expect(verdict?.summary).toMatch(
      /SYN-ACKs came to 0\.before\.pcap: up to there the way is open in both directions\. Hop limits show 1 router between/,
    );
    expect(verdict?.nextSteps?.[0]).toMatch(/^On the client: `tcpdump -ni any -w client\.pcap/);
    expect(verdict?.nextSteps?.[1]).toMatch(/^On the router between .* and the client/);
  });

  it('are its doing, or its link’s, where there is none; never for certain', async () => {
    const { verdict } = await atServerAndBefore(1);
    expect(verdict).toMatchObject({
      place: 'client',
      cause: { id: 'return-path-drop', confidence: 'likely' },
    });
    expect(verdict?.between).toBeUndefined();
    expect(verdict?.summary).toContain('its own firewall drops the answers');
    expect(verdict?.nextSteps?.join('\n')).not.toMatch(/FORWARD|tcpdump -ni/);
  });
});
