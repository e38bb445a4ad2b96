import { describe, expect, it } from 'vitest';
import {
  type Bytes,
  hex,
  ipv4,
  LINK_RAW,
  PROTOCOL_UDP,
  reasonOf,
  segmentOf,
  tcp,
  u16,
  udp,
  zeros,
} from './made-packets.ts';

const gtp = (flagsAndType: string, payload: Bytes): Bytes =>
  ipv4(udp(2152, [...hex(flagsAndType), ...u16(payload.length), ...hex('ffffffff'), ...payload]), {
    protocol: PROTOCOL_UDP,
  });

describe('GTP-U', () => {
  it('names its tunnel', () => {
    expect(segmentOf(LINK_RAW, gtp('30ff', ipv4(tcp('hello'))))).toMatchObject({
      payload: 'hello',
      nesting: ['gtp 4294967295'],
    });
  });

  it('may have a sequence number and extension headers', () => {
    expect(segmentOf(LINK_RAW, gtp('32ff', [...hex('0001 00 00'), ...ipv4(tcp('hello'))])).payload).toBe(
      'hello',
    );
    const extensions = hex('0000 00 85 01 0000 c0 01 0000 00');
    expect(segmentOf(LINK_RAW, gtp('34ff', [...extensions, ...ipv4(tcp('hello'))])).payload).toBe('hello');
  });

  it('with extension headers that do not end gives nothing', () => {
    expect(reasonOf(LINK_RAW, gtp('34ff', [...hex('0000 00 85 00'), ...zeros(40)]))).toBe('malformed');
    const endless = Array.from({ length: 100 }, () => hex('01 0000 85')).flat();
    expect(reasonOf(LINK_RAW, gtp('34ff', [...hex('0000 00 85'), ...endless]))).toBe('too-deep');
  });

  it('has messages of its own', () => {
    expect(reasonOf(LINK_RAW, gtp('3001', zeros(20)))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, gtp('48ff', zeros(20)))).toBe('not-tcp');
  });
});
