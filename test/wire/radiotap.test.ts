import { describe, expect, it } from 'vitest';
import { type Bytes, hex, ipv4, reasonOf, segmentOf, tcp, zeros } from './made-packets.ts';

const LINK_RADIOTAP = 127;
const snapPacket = [...hex('aaaa03 000000 0800'), ...ipv4(tcp('hello'))];
const qosFrame = (padding: Bytes = []): Bytes => [
  ...hex('8801 0000'),
  ...zeros(18),
  ...hex('1000 0000'),
  ...padding,
  ...snapPacket,
];

describe('radiotap', () => {
  it('is skipped', () => {
    expect(segmentOf(LINK_RADIOTAP, [...hex('00 00 0800 00000000'), ...qosFrame()]).payload).toBe('hello');
  });

  it('says in its flags that the body is padded', () => {
    expect(segmentOf(LINK_RADIOTAP, [...hex('00 00 0900 02000000 20'), ...qosFrame([0, 0])]).payload).toBe(
      'hello',
    );
  });

  it('has its flags behind the time stamp and all present words', () => {
    const twoWords = hex('00 00 1900 030000a0 00000000 00000000 0000000000000000 20');
    const threeWords = hex('00 00 1900 030000a0 00000080 00000000 0000000000000000 20');
    for (const header of [twoWords, threeWords])
      expect(segmentOf(LINK_RADIOTAP, [...header, ...qosFrame([0, 0])]).payload).toBe('hello');
  });

  it('says that the frame arrived damaged', () => {
    expect(reasonOf(LINK_RADIOTAP, [...hex('00 00 0900 02000000 40'), ...qosFrame()])).toBe('malformed');
  });

  it('without end of its present words has no flags', () => {
    const words = Array.from({ length: 100 }, () => hex('020000a0')).flat();
    const length = 4 + words.length;
    const header = [0, 0, length & 0xff, length >> 8, ...words];
    expect(segmentOf(LINK_RADIOTAP, [...header, ...qosFrame()]).payload).toBe('hello');
  });

  it('that is broken gives nothing', () => {
    expect(reasonOf(LINK_RADIOTAP, hex('01 00 0800 00000000'))).toBe('malformed');
    expect(reasonOf(LINK_RADIOTAP, hex('00 00 0400 00000000'))).toBe('malformed');
    expect(reasonOf(LINK_RADIOTAP, hex('00 00 ff00 00000000'), 600)).toBe('header-cut');
  });
});
