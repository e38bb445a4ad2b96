import { describe, expect, it } from 'vitest';
import { MAX_SUBFRAMES } from '../../src/wire/a-msdu.ts';
import { type Bytes, dissect, hex, ipv4, macAddresses, tcp, u16, zeros } from './made-packets.ts';

const LINK_80211 = 105;
const header = [...hex('8801 0000'), ...zeros(18), ...hex('1000 8000')];

const subframe = (payload: string): Bytes => {
  const body = [...hex('aaaa03 000000 0800'), ...ipv4(tcp(payload))];
  const bytes = [...macAddresses, ...u16(body.length), ...body];
  return [...bytes, ...zeros((4 - (bytes.length % 4)) % 4)];
};

describe('aggregated frames', () => {
  it('give the segments of all', () => {
    const { segments } = dissect(LINK_80211, [
      [...header, ...subframe('a'), ...subframe('bc'), ...subframe('def')],
    ]);
    expect(segments.map((segment) => segment.payload)).toEqual(['a', 'bc', 'def']);
    expect(segments.map((segment) => segment.packetNumber)).toEqual([1, 1, 1]);
  });

  it('end where the capture ends', () => {
    const whole = [...header, ...subframe('a'), ...subframe('b')];
    const bytes = whole.slice(0, -50);
    const { segments, dissector } = dissect(LINK_80211, [{ bytes, originalLength: whole.length }]);
    expect(segments).toHaveLength(1);
    expect(dissector.skippedPackets()).toEqual({ 'header-cut': 1 });
  });

  it('are not more than there can be', () => {
    const empty = [...macAddresses, ...u16(0), 0, 0];
    const bytes = [...header, ...Array.from({ length: 1000 }, () => empty).flat()];
    expect(dissect(LINK_80211, [bytes]).dissector.skippedPackets()).toEqual({ malformed: MAX_SUBFRAMES });
  });
});
