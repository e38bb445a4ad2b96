import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { TcpdumpProcess } from '../../src/live/tcpdump-process.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-tcpdump-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes more packets than a pipe and a stream hold, whoever reads them, until it is stopped. */
const STAND_IN = `#!/usr/bin/env node
process.stderr.write('tcpdump: listening on eth0\\n');
const header = Buffer.alloc(24);
header.writeUInt32LE(0xa1b2c3d4, 0);
header.writeUInt16LE(2, 4);
header.writeUInt16LE(4, 6);
header.writeUInt32LE(262144, 16);
header.writeUInt32LE(1, 20);
const packet = Buffer.alloc(16 + 1000);
packet.writeUInt32LE(1000, 8);
packet.writeUInt32LE(1000, 12);
process.stdout.write(Buffer.concat([header, ...Array(4000).fill(packet)]));
process.on('SIGINT', () => process.exit(0));
setInterval(() => {}, 1000);
`;

function standIn(): TcpdumpProcess {
  const command = path.join(folder, 'tcpdump');
  writeFileSync(command, STAND_IN);
  chmodSync(command, 0o755);
  return new TcpdumpProcess({
    command,
    interfaceName: 'eth0',
    filter: 'tcp',
    manner: 'prompt',
    promiscuous: true,
  });
}

const within = (ms: number, ended: Promise<unknown>): Promise<unknown> =>
  Promise.race([ended.then(() => 'ended'), wait(ms, 'still there')]);

describe('a tcpdump', () => {
  it('is over when it is abandoned, though nobody read what it wrote', async () => {
    const process = standIn();
    expect(await process.open()).toBeDefined();
    process.abandon();
    expect(await within(10_000, process.ended)).toBe('ended');
  });

  it('is read to its end when it is killed', async () => {
    const process = standIn();
    const capture = await process.open();
    let packets = 0;
    const reading = capture?.read(() => {
      if (++packets === 100) process.kill();
    });
    expect(await within(10_000, Promise.all([reading, process.ended]))).toBe('ended');
    expect(packets).toBeGreaterThanOrEqual(100);
  });
});
