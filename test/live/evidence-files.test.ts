import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/open-capture.ts';
import { EvidenceFiles, type EvidenceFilesOptions } from '../../src/live/evidence-files.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-evidence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function keep(name: string, options: Partial<EvidenceFilesOptions> = {}, times = 1): Promise<string> {
  const into = mkdtempSync(path.join(folder, 'files-'));
  const files = new EvidenceFiles({
    folder: into,
    maximumBytes: 1e9,
    maximumMs: 1e9,
    totalBytes: 1e9,
    application: 'sshfate test',
    interfaceNames: ['eth0'],
    say: () => {},
    ...options,
  });
  for (let n = 0; n < times; n++) {
    const capture = await openCapture(path.join(CAPTURES, name));
    await capture.read((packet) => files.packet(packet, capture.info, 0, packet.linkType));
  }
  files.close();
  return into;
}

async function packetsOf(file: string): Promise<{ time: bigint; bytes: string }[]> {
  const capture = await openCapture(file);
  const all: { time: bigint; bytes: string }[] = [];
  await capture.read(({ bytes, offset, capturedLength, timeNs }) =>
    all.push({
      time: (capture.info.epochNs ?? 0n) + BigInt(timeNs),
      bytes: Buffer.from(bytes.subarray(offset, offset + capturedLength)).toString('hex'),
    }),
  );
  expect(capture.info.damage).toBeUndefined();
  return all;
}

describe('EvidenceFiles', () => {
  it('keeps packets and their times as they were', async () => {
    const into = await keep('completed.client.pcap');
    const [name = ''] = readdirSync(into);
    expect(name).toMatch(/^sshfate-\d{8}T\d{6}Z-0000\.pcapng$/);
    expect(await packetsOf(path.join(into, name))).toEqual(
      await packetsOf(path.join(CAPTURES, 'completed.client.pcap')),
    );
    expect(statSync(path.join(into, name)).mode & 0o777).toBe(0o600);
  });

  it('begins a new file at the size, and deletes the oldest of its own above the limit', async () => {
    const into = mkdtempSync(path.join(folder, 'limit-'));
    writeFileSync(path.join(into, 'notes.pcapng'), new Uint8Array(1_000_000));
    await keep('completed.client.pcap', { folder: into, maximumBytes: 300_000, totalBytes: 1_800_000 }, 700);
    const names = readdirSync(into).filter((name) => name.startsWith('sshfate-'));
    const sizes = names.map((name) => statSync(path.join(into, name)).size);
    expect(names.length).toBeGreaterThan(1);
    expect(names.filter((name) => name.endsWith('-0000.pcapng'))).toEqual([]);
    // A chunk more than the limit before it is looked at.
    expect(Math.max(...sizes)).toBeLessThan(300_000 + 300_000);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_800_000 + 300_000);
    expect(readFileSync(path.join(into, 'notes.pcapng')).length).toBe(1_000_000);
    for (const name of names) expect((await packetsOf(path.join(into, name))).length).toBeGreaterThan(0);
  });

  it('throws where nothing can be written', () => {
    const file = path.join(folder, 'a-file');
    writeFileSync(file, '');
    const options = {
      maximumBytes: 1,
      maximumMs: 1,
      totalBytes: 1,
      application: '',
      interfaceNames: [],
      say: () => {},
    };
    expect(() => new EvidenceFiles({ ...options, folder: path.join(file, 'below') })).toThrow(/ENOTDIR/);
  });
});
