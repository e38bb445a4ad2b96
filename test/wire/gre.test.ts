import { describe, expect, it } from 'vitest';
import {
  type Bytes,
  hex,
  ipv4,
  ipv6,
  LINK_RAW,
  plainPacket,
  reasonOf,
  segmentOf,
  tcp,
  u16,
  zeros,
} from './made-packets.ts';

const gre = (header: string, payload: Bytes): Bytes => ipv4([...hex(header), ...payload], { protocol: 47 });
const seen = (packet: Bytes): string => {
  const { payload, nesting } = segmentOf(LINK_RAW, packet);
  return `${payload} in ${nesting.join()}`;
};

describe('GRE', () => {
  it('carries IP, Ethernet and MPLS', () => {
    expect(seen(gre('0000 0800', ipv4(tcp('hello'))))).toBe('hello in gre');
    expect(seen(gre('0000 86dd', ipv6(tcp('hello'))))).toBe('hello in gre');
    expect(seen(gre('0000 6558', plainPacket('hello')))).toBe('hello in gre');
    expect(seen(gre('0000 8847 00010140', ipv4(tcp('hello'))))).toBe('hello in gre,mpls 16');
  });

  it('has the fields that its flags announce', () => {
    expect(seen(gre('8000 0800 00000000', ipv4(tcp('hello'))))).toBe('hello in gre');
    expect(seen(gre('b000 0800 00000000 00000007 00000001', ipv4(tcp('hello'))))).toBe('hello in gre');
    expect(reasonOf(LINK_RAW, gre('b000 0800 00000000 00000007', []))).toBe('malformed');
  });

  it('of 1994 with routing, and of unknown versions, gives nothing', () => {
    expect(reasonOf(LINK_RAW, gre('4000 0800', zeros(40)))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, gre('0002 0800', zeros(40)))).toBe('not-tcp');
  });

  it('carries PPP for PPTP', () => {
    const ppp = [...hex('ff03 0021'), ...ipv4(tcp('hello'))];
    const length = Buffer.from(u16(ppp.length)).toString('hex');
    expect(seen(gre(`3081 880b ${length} 0042 00000001 00000001`, ppp))).toBe('hello in pptp');
    expect(reasonOf(LINK_RAW, gre('2081 880b 0000 0042 00000001', []))).toBe('link-control');
    expect(reasonOf(LINK_RAW, gre('2001 880b 0010 0042', hex('00fd 9000 0000')))).toBe('encrypted');
  });

  it('carries Ethernet for MikroTik', () => {
    const frame = plainPacket('hello');
    const length = Buffer.from(u16(frame.length)).toString('hex');
    expect(seen(gre(`2001 6400 ${length} 0700`, frame))).toBe('hello in eoip 7');
    expect(reasonOf(LINK_RAW, gre('0001 6400', zeros(60)))).toBe('not-tcp');
  });

  it('carries what a router redirects to a cache', () => {
    expect(seen(gre('0000 883e', ipv4(tcp('hello'))))).toBe('hello in gre');
    expect(seen(gre('0000 883e 00000000', ipv4(tcp('hello'))))).toBe('hello in gre');
  });
});
