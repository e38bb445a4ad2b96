import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inCaptures } from '../../scripts/lab/manifest.ts';
import { compareCaptures } from '../../src/index.ts';
import { ACK, RST } from '../../src/wire/segment.ts';
import { type CapturedPacket, putTogether, takeApart } from '../lab/altered.ts';
import { atNextRouter, withFartherServer } from './two-ends.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-forged-close-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Ethernet, IPv4 without options, TCP: where things are. */
const [HOP_LIMIT, SOURCE_PORT, FLAGS] = [22, 34, 47];

/** A session at a client two routers from the server, which a reset with another hop limit ends seconds later. */
function withReset(hopLimit: number): { before: readonly CapturedPacket[]; reset: CapturedPacket } {
  const open = takeApart(readFileSync(inCaptures('open.client.pcap'))) ?? [];
  const before = withFartherServer(open, { port: 22, routers: 1 });
  const last = before.findLast(({ bytes }) => bytes.readUInt16BE(SOURCE_PORT) === 22) as CapturedPacket;
  // Without payload, and with the number that follows: Ethernet, IP and TCP headers with time stamps.
  const bytes = Buffer.from(last.bytes.subarray(0, 66));
  bytes.writeUInt32BE((last.bytes.readUInt32BE(38) + (last.bytes.length - 66)) >>> 0, 38);
  bytes.writeUInt16BE(52, 16);
  bytes.writeUInt8(hopLimit, HOP_LIMIT);
  bytes.writeUInt8(RST | ACK, FLAGS);
  const time = (before.at(-1)?.time ?? 0) + 5e6;
  return { before, reset: { ...last, bytes, time, originalLength: bytes.length } };
}

async function verdictOf(client: readonly CapturedPacket[], router: readonly CapturedPacket[]) {
  const files = ['client', 'router'].map((name) => path.join(folder, `${name}.pcap`)) as [string, string];
  writeFileSync(files[0], putTogether(client));
  writeFileSync(files[1], putTogether(router));
  const { sessions } = await compareCaptures(files);
  return { verdict: sessions[0]?.verdict, files };
}

describe('a reset in the server’s name that only the client’s capture has, later than all that the other one holds', () => {
  it('was made before the router when its hop limit shows no router between its sender and the client', async () => {
    const { before, reset } = withReset(64);
    const { verdict, files } = await verdictOf([...before, reset], atNextRouter(before, 22));
    expect(verdict).toMatchObject({
      ...{ place: 'path', between: { after: files[0], before: files[1] } },
      cause: { id: 'rst-injected', confidence: 'likely' },
    });
    expect(verdict?.summary).toContain('holds nothing of that time, but its sender is nearer');
  });

  it('may have been made anywhere behind the client’s capture when its hop limit shows routers', async () => {
    const { before, reset } = withReset(63);
    const { verdict } = await verdictOf([...before, reset], atNextRouter(before, 22));
    expect(verdict?.between?.before).toBeUndefined();
  });
});

describe('a reset that no end made and that both captures have', () => {
  it('was made behind the second one, and is not called real', async () => {
    const { before, reset } = withReset(64);
    const packets = [...before, reset];
    const { verdict, files } = await verdictOf(packets, atNextRouter(packets, 22));
    expect(verdict?.summary).toContain('The RST was not made between the two captures');
    expect(verdict?.summary).not.toContain('is real');
    expect(verdict?.between).toEqual({ after: files[1] });
    expect(verdict?.nextSteps?.join('\n')).not.toContain('On both ends, at the same time');
  });
});
