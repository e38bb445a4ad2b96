import { describe, expect, it } from 'vitest';
import { hex, ipv4, ipv6, reasonOf, segmentOf, tcp, zeros } from './made-packets.ts';

const LINK_PPP = 9;
const LINK_PPP_HDLC = 50;

describe('PPP', () => {
  it('is read with and without its compressions', () => {
    for (const header of ['ff03 0021', 'ff03 21', '0021', '21'])
      expect(segmentOf(LINK_PPP, [...hex(header), ...ipv4(tcp('hello'))]).payload, header).toBe('hello');
    expect(segmentOf(LINK_PPP, [...hex('ff03 57'), ...ipv6(tcp('hello'))]).payload).toBe('hello');
  });

  it('carries MPLS', () => {
    expect(segmentOf(LINK_PPP, [...hex('ff03 0281 00010140'), ...ipv4(tcp())]).nesting).toEqual(['mpls 16']);
  });

  it('says what else it carries', () => {
    expect(reasonOf(LINK_PPP, hex('ff03 c021 0101 0004'))).toBe('link-control');
    expect(reasonOf(LINK_PPP, hex('ff03 8021 0101 0004'))).toBe('link-control');
    expect(reasonOf(LINK_PPP, hex('ff03 00fd 9001 0000'))).toBe('encrypted');
    expect(reasonOf(LINK_PPP, hex('ff03 002d 0000'))).toBe('not-ip');
    expect(reasonOf(LINK_PPP, hex('ff03'), 40)).toBe('header-cut');
  });

  it('shares a link type with the HDLC of Cisco', () => {
    expect(segmentOf(LINK_PPP_HDLC, [...hex('ff03 0021'), ...ipv4(tcp('hello'))]).payload).toBe('hello');
    expect(segmentOf(LINK_PPP_HDLC, [...hex('0f00 0800'), ...ipv4(tcp('hello'))]).payload).toBe('hello');
    expect(reasonOf(LINK_PPP_HDLC, [...hex('8f00 8035'), ...zeros(18)])).toBe('link-control');
    expect(segmentOf(LINK_PPP, [...hex('0f00 0800'), ...ipv4(tcp('hello'))]).payload).toBe('hello');
  });
});
