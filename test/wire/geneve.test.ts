import { describe, expect, it } from 'vitest';
import {
  type Bytes,
  hex,
  ipv4,
  ipv6,
  LINK_RAW,
  PROTOCOL_UDP,
  plainPacket,
  reasonOf,
  segmentOf,
  tcp,
  udp,
  zeros,
} from './made-packets.ts';

const geneve = (header: string, payload: Bytes): Bytes =>
  ipv4(udp(6081, [...hex(header), ...payload]), { protocol: PROTOCOL_UDP });

describe('GENEVE', () => {
  it('names its network and carries Ethernet or IP', () => {
    expect(segmentOf(LINK_RAW, geneve('0000 6558 00000700', plainPacket('hello')))).toMatchObject({
      payload: 'hello',
      nesting: ['geneve 7'],
    });
    expect(segmentOf(LINK_RAW, geneve('0000 0800 00000700', ipv4(tcp('hello')))).payload).toBe('hello');
    expect(segmentOf(LINK_RAW, geneve('0000 86dd 00000700', ipv6(tcp('hello')))).payload).toBe('hello');
  });

  it('has options', () => {
    const options = zeros(63 * 4);
    expect(
      segmentOf(LINK_RAW, geneve('3fc0 6558 00000700', [...options, ...plainPacket('hello')])).payload,
    ).toBe('hello');
    expect(reasonOf(LINK_RAW, geneve('3fc0 6558 00000700', plainPacket()))).toBe('malformed');
  });

  it('has one version', () => {
    expect(reasonOf(LINK_RAW, geneve('4000 6558 00000700', plainPacket()))).toBe('not-tcp');
  });
});
