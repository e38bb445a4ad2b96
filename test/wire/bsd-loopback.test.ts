import { describe, expect, it } from 'vitest';
import { hex, ipv4, ipv6, reasonOf, segmentOf, tcp } from './made-packets.ts';

const LINK_NULL = 0;
const LINK_LOOP = 108;

describe('BSD loopback', () => {
  it('has the address family in either byte order', () => {
    expect(segmentOf(LINK_NULL, [...hex('02000000'), ...ipv4(tcp('hello'))]).payload).toBe('hello');
    expect(segmentOf(LINK_NULL, [...hex('00000002'), ...ipv4(tcp('hello'))]).payload).toBe('hello');
    expect(segmentOf(LINK_LOOP, [...hex('00000002'), ...ipv4(tcp('hello'))]).payload).toBe('hello');
  });

  it('has the numbers of all systems for IPv6', () => {
    for (const family of ['0a', '17', '18', '1c', '1e'])
      expect(segmentOf(LINK_NULL, [...hex(`${family}000000`), ...ipv6(tcp('hello'))]).payload).toBe('hello');
  });

  it('has other families', () => {
    expect(reasonOf(LINK_NULL, hex('07000000 0000'))).toBe('not-ip');
    expect(reasonOf(LINK_LOOP, hex('02000000 0000'))).toBe('not-ip');
    expect(reasonOf(LINK_LOOP, hex('0000'), 40)).toBe('header-cut');
  });
});
