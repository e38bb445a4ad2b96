import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeAttack } from '../../bench/attack.ts';
import { writeFlood } from '../../bench/flood.ts';
import { writeTransfer } from '../../bench/transfer.ts';

const folder = mkdtempSync(join(tmpdir(), 'sshfate-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SYN = 0x02;
const FIN = 0x01;

interface Segment {
  readonly timeUs: number;
  readonly flow: string;
  readonly source: number;
  readonly flags: number;
  readonly seq: number;
  readonly length: number;
  /** Ones' complement sums over the IPv4 header and over the TCP segment with its pseudo header: 0xffff when right. */
  readonly sums: readonly [number, number];
}

function make(name: string, write: (path: string) => void): { bytes: Buffer; segments: readonly Segment[] } {
  const path = join(folder, name);
  write(path);
  const bytes = readFileSync(path);
  const segments: Segment[] = [];
  for (let at = 24; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    const ip = bytes.subarray(at + 16 + 14, at + 16 + length);
    const tcp = ip.subarray(20);
    const header = ((tcp[12] ?? 0) >> 4) * 4;
    const pseudo = Buffer.from([...ip.subarray(12, 20), 0, 6, tcp.length >> 8, tcp.length & 0xff]);
    segments.push({
      timeUs: bytes.readUInt32LE(at) * 1e6 + bytes.readUInt32LE(at + 4),
      flow: [
        `${ip.readUInt32BE(12)}:${tcp.readUInt16BE(0)}`,
        `${ip.readUInt32BE(16)}:${tcp.readUInt16BE(2)}`,
      ].join('>'),
      source: ip.readUInt32BE(12),
      flags: tcp[13] ?? 0,
      seq: tcp.readUInt32BE(4),
      length: tcp.length - header,
      sums: [onesComplement(ip.subarray(0, 20)), onesComplement(Buffer.concat([pseudo, tcp]))],
    });
    at += 16 + length;
  }
  return { bytes, segments };
}

function onesComplement(bytes: Buffer): number {
  const even = bytes.length % 2 ? Buffer.concat([bytes, Buffer.of(0)]) : bytes;
  let sum = 0;
  for (let at = 0; at < even.length; at += 2) sum += even.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** Every byte of a stream once and in order: what a capture without loss looks like. */
function expectWholeStreams(segments: readonly Segment[]): void {
  const next = new Map<string, number>();
  for (const { flow, seq, length, flags } of segments) {
    if (next.has(flow)) expect(seq).toBe(next.get(flow));
    next.set(flow, (seq + length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0);
  }
}

describe('the captures of the benchmark', () => {
  it.each([
    ['attack', (path: string) => writeAttack(path, 40)],
    ['transfer', (path: string) => writeTransfer(path, 200_000)],
    ['flood', (path: string) => writeFlood(path, 500)],
  ] as const)('%s is the same every time, in order of time, with right checksums', (name, write) => {
    const { bytes, segments } = make(name, write);
    expect(make(`${name}-again`, write).bytes.equals(bytes)).toBe(true);
    for (const { sums } of segments) expect(sums).toEqual([0xffff, 0xffff]);
    const times = segments.map(({ timeUs }) => timeUs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expectWholeStreams(segments);
  });

  it('an attack has as many sessions as asked for, on 4-tuples of their own, each closed by both sides', () => {
    const { segments } = make('attack-400', (path) => writeAttack(path, 400));
    const syns = segments.filter(({ flags }) => flags === SYN);
    expect(syns).toHaveLength(400);
    expect(new Set(syns.map(({ flow }) => flow)).size).toBe(400);
    expect(segments.filter(({ flags }) => flags & FIN)).toHaveLength(800);
    // What the shape is meant to have: about 28 packets and 4.2 kB a session.
    expect(segments.length / 400).toBeGreaterThan(25);
    expect(segments.length / 400).toBeLessThan(31);
  });

  it('a flood has no source twice', () => {
    const { segments } = make('flood-5000', (path) => writeFlood(path, 5_000));
    expect(new Set(segments.map(({ source }) => source)).size).toBe(5_000);
    expect(segments.every(({ flags }) => flags === SYN)).toBe(true);
  });
});
