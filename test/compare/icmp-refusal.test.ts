import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inCaptures } from '../../scripts/lab/manifest.ts';
import { compareCaptures } from '../../src/index.ts';
import { type CapturedPacket, putTogether, takeApart } from '../lab/altered.ts';
import { atNextRouter, withFartherServer } from './two-ends.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-icmp-refusal-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (side: string): readonly CapturedPacket[] =>
  takeApart(readFileSync(inCaptures(`icmp-during-kex.${side}.pcap`))) ?? [];

async function verdictOf(captures: Readonly<Record<string, readonly CapturedPacket[]>>) {
  const files = Object.entries(captures).map(([name, packets]) => {
    const file = path.join(folder, `${name}.pcap`);
    writeFileSync(file, putTogether(packets));
    return file;
  });
  const { sessions } = await compareCaptures(files);
  const { verdict } = sessions[0] as (typeof sessions)[number];
  const short = (name: string | undefined) => name && path.basename(name, '.pcap');
  return {
    ...verdict,
    between: verdict.between && [short(verdict.between.after), short(verdict.between.before)],
  };
}

describe('an ICMP error that ended a session', () => {
  it('and that both captures have was made behind the second one', async () => {
    const client = read('client');
    const verdict = await verdictOf({ client, router: atNextRouter(client, 22) });
    expect(verdict).toMatchObject({ place: 'path', between: ['router', undefined] });
    expect(verdict.summary).toMatch(
      /router\.pcap has it too, so that \S+ stands behind router\.pcap, towards the server\.$/,
    );
  });

  it('was made before a capture without a router between it and the server, which got nothing more', async () => {
    const verdict = await verdictOf({ client: read('client'), server: read('server') });
    expect(verdict).toMatchObject({ place: 'path', between: ['client', 'server'] });
    expect(verdict.summary).toContain('no router is between it and the server');
  });

  it('may have been made before or behind a capture on the way that got nothing more', async () => {
    const far = (side: string) => withFartherServer(read(side), { port: 22, routers: 1 });
    const verdict = await verdictOf({ client: far('client'), server: far('server') });
    expect(verdict).toMatchObject({ place: 'path', between: ['client', undefined] });
    expect(verdict.summary).toMatch(/server\.pcap holds nothing of that time\.$/);
  });
});
