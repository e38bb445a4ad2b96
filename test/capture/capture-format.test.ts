import { describe, expect, test } from 'vitest';
import { recognise } from '../../src/capture/capture-format.ts';
import { content, fields, joined, pcapngBlocks } from './building.ts';

const kind = (bytes: Uint8Array): string => recognise(bytes).kind;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('captures', () => {
  test('pcap is told by four bytes, in both byte orders and all variants that are read', () => {
    for (const magic of [0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34, 0x1c0001ab, 0x1c0001ac]) {
      expect(kind(fields(true, [4, magic]))).toBe('pcap');
      expect(kind(fields(false, [4, magic]))).toBe('pcap');
    }
  });

  test('pcapng and gzip are told', () => {
    expect(kind(pcapngBlocks(true).section())).toBe('pcapng');
    expect(kind(pcapngBlocks(false).section())).toBe('pcapng');
    expect(kind(Uint8Array.of(0x1f, 0x8b, 8, 0))).toBe('gzip');
  });
});

describe('well-known formats that are not read', () => {
  const tar = joined(new Uint8Array(257), text('ustar'), new Uint8Array(100));
  const erfRecord = (type: number): Uint8Array =>
    joined(
      fields(true, [4, 0], [4, 0x3b2658a2]),
      fields(false, [1, type], [1, 0], [2, 72], [2, 0], [2, 66]),
      content(56),
    );

  test.each([
    ['snoop', joined(text('snoop\0\0\0'), content(8)), 'editcap'],
    ['Network Monitor', text('GMBU\0\u0002'), 'editcap'],
    ['Network Monitor', text('RTSS'), 'editcap'],
    ['Sniffer', text('TRSNIFF data    \u001a'), 'editcap'],
    ['iptrace', text('iptrace 2.0'), 'editcap'],
    ['ERF', joined(erfRecord(2), erfRecord(2)), 'editcap'],
    ['ERF', erfRecord(0x83), 'editcap'],
    ['ZIP', text('PK\u0003\u0004'), 'unzip'],
    ['xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), 'xz -d'],
    ['zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), 'zstd -d'],
    ['bzip2', text('BZh91AY&SY'), 'bzip2 -d'],
    ['lz4', Uint8Array.of(4, 0x22, 0x4d, 0x18), 'lz4 -d'],
    ['tar', tar, 'tar -x'],
    ['HAR', text('{ "log": { "version": "1.2" } }'), 'tcpdump -w'],
    ['JSON', text('[{"_index": "packets"}]'), 'tcpdump -w'],
    ['XML', text('<?xml version="1.0"?><pdml>'), 'tcpdump -w'],
    ['HTML', text('<!DOCTYPE html>'), 'tcpdump -w'],
    ['text', text('12:00:00.1 IP a.22 > b.1: Flags [S]\n'), 'tcpdump -w'],
    ['text', text('größer als'), 'tcpdump -w'],
    ['pcap variant', fields(true, [4, 0xa1b234cd]), 'tcpdump -w'],
    ['Navtel', fields(false, [4, 0xa12b3c4d]), 'tcpdump -w'],
    ['text-mode transfer', Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0d, 0x0d, 0x0a, 0x80), 'binary mode'],
    ['text-mode transfer', Uint8Array.of(0x0a, 0x0d, 0x0a, 0x80), 'binary mode'],
  ])('%s is named, with what to do about it', (name, bytes, advice) => {
    const format = recognise(bytes);
    expect(format).toMatchObject({ kind: 'foreign' });
    if (format.kind !== 'foreign') return;
    expect(format.what).toContain(name);
    expect(format.advice).toContain(advice);
    expect(format.advice).toMatch(/^[A-Z].*\.$/);
  });
});

test('anything else is unknown', () => {
  expect(kind(new Uint8Array(0))).toBe('unknown');
  expect(kind(new Uint8Array(512))).toBe('unknown');
  expect(kind(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0))).toBe('unknown');
  expect(kind(content(512, 5))).toBe('unknown');
});
