import { expect, test } from 'vitest';
import { type PacketBlock, readPacketBlock } from '../../src/capture/packet-block.ts';
import { PcapngParser } from '../../src/capture/pcapng.ts';
import { content, emptyInfo, joined, pcapngBlocks } from './building.ts';

const { section, describe, simple, enhanced, option } = pcapngBlocks(true);

function blocksOf(bytes: Uint8Array): (PacketBlock | undefined)[] {
  const blocks: (PacketBlock | undefined)[] = [];
  new PcapngParser(emptyInfo()).parse(bytes, 0, bytes.length, (packet) =>
    blocks.push(readPacketBlock(packet, true)),
  );
  return blocks;
}

test('of a simple packet block there is nothing', () => {
  const bytes = joined(section(), describe(), simple(20, content(20)));
  expect(blocksOf(bytes)).toEqual([
    { ticks: undefined, comments: [], flags: undefined, packetId: undefined },
  ]);
});

test('flags are read, and no more comments than a person writes', () => {
  const flags = option(2, Uint8Array.of(1, 0, 0, 0));
  const comments = Array.from({ length: 70 }, () => option(1, content(3)));
  const bytes = joined(section(), describe(), enhanced(0, 1n, content(5), undefined, [flags, ...comments]));
  const [block] = blocksOf(bytes);
  expect(block?.flags).toBe(1);
  expect(block?.comments).toHaveLength(64);
});
