import { describe, expect, it } from 'vitest';
import {
  dissect,
  ethernet,
  hex,
  ipv4,
  LINK_ETHERNET,
  LINK_RAW,
  reasonOf,
  segmentOf,
  tcp,
  zeros,
} from './made-packets.ts';

describe('IPv4', () => {
  it('gives the fields of its header', () => {
    const packet = ipv4(tcp(), {
      from: '192.0.2.200',
      to: '203.0.113.255',
      id: 0xfedc,
      timeToLive: 255,
      typeOfService: 0xb8,
    });
    expect(segmentOf(LINK_RAW, packet)).toMatchObject({
      endpoints: '192.0.2.200:50000 > 203.0.113.255:22',
      ipId: 0xfedc,
      hopLimit: 255,
      trafficClass: 0xb8,
    });
  });

  it('may have options', () => {
    expect(segmentOf(LINK_RAW, ipv4(tcp('hello'), { options: hex('94040000 01010100') })).payload).toBe(
      'hello',
    );
  });

  it('goes where its source route ends', () => {
    const loose = hex('01 830b08 0a090909 c6336407');
    expect(segmentOf(LINK_RAW, ipv4(tcp(), { options: loose })).endpoints).toBe(
      '10.0.0.1:50000 > 198.51.100.7:22',
    );
    const usedUp = hex('01 830b0c 0a090909 c6336407');
    expect(segmentOf(LINK_RAW, ipv4(tcp(), { options: usedUp })).endpoints).toBe(
      '10.0.0.1:50000 > 10.0.0.2:22',
    );
  });

  it('is read with options that lie', () => {
    for (const options of ['94000000', '83ff0800', '00ffffff', '010101 94'])
      expect(segmentOf(LINK_RAW, ipv4(tcp('hello'), { options: hex(options) })).payload, options).toBe(
        'hello',
      );
  });

  it('without a length, as segmentation offload leaves it, has the length of the packet', () => {
    const { segments, dissector } = dissect(LINK_RAW, [
      { bytes: ipv4(tcp('hello'), { totalLength: 0 }), originalLength: 80_000 },
    ]);
    expect(segments).toMatchObject([{ payload: 'hello', payloadLength: 80_000 - 40 }]);
    expect(dissector.anomalies).toEqual({ 'ip-length-zero': 1 });
  });

  it('with more bytes than the record of the packet is believed when its checksum is right', () => {
    const { segments, dissector } = dissect(LINK_RAW, [
      ipv4(tcp('hello'), { totalLength: 1500 }),
      ipv4(tcp('hello'), { totalLength: 1500, checksum: 0x1234 }),
    ]);
    expect(segments.map((segment) => segment.payloadLength)).toEqual([1460, 5]);
    expect(segments.map((segment) => segment.payload)).toEqual(['hello', 'hello']);
    expect(dissector.anomalies).toEqual({ 'ip-length-beyond-packet': 2 });
  });

  it('in IPv4 cannot be longer than the outer header says', () => {
    const inner = ipv4(tcp('hello'), { totalLength: 1500 });
    expect(
      segmentOf(LINK_RAW, ipv4([...inner, ...zeros(8)], { protocol: 4, totalLength: 20 + inner.length })),
    ).toMatchObject({ payload: 'hello', payloadLength: 5 });
  });

  it('that contradicts itself gives nothing', () => {
    expect(reasonOf(LINK_RAW, [0x44, ...ipv4(tcp()).slice(1)])).toBe('malformed');
    expect(reasonOf(LINK_RAW, ipv4(tcp(), { totalLength: 19 }))).toBe('malformed');
    expect(reasonOf(LINK_ETHERNET, ethernet(0x0800, [0x65, ...ipv4(tcp()).slice(1)]))).toBe('malformed');
    expect(reasonOf(LINK_RAW, ipv4([]))).toBe('malformed');
  });
});
