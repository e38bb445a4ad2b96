import { describe, expect, it } from 'vitest';
import { hex, ipv4, macAddresses, reasonOf, segmentOf, tcp } from './made-packets.ts';

const LINK_FDDI = 10;

describe('FDDI', () => {
  it('carries LLC in frames of any priority', () => {
    const frame = [0x54, ...macAddresses, ...hex('aaaa03 000000 0800'), ...ipv4(tcp('hello'))];
    expect(segmentOf(LINK_FDDI, frame).payload).toBe('hello');
  });

  it('has frames for its own management', () => {
    expect(reasonOf(LINK_FDDI, [0x41, ...macAddresses, 0, 0])).toBe('link-control');
  });
});
