import { describe, expect, it } from 'vitest';
import { hex, ipv4, reasonOf, segmentOf, tcp, zeros } from './made-packets.ts';

const LINK_CISCO_HDLC = 104;

describe('Cisco HDLC', () => {
  it('has an EtherType', () => {
    expect(segmentOf(LINK_CISCO_HDLC, [...hex('0f00 0800'), ...ipv4(tcp('hello'))]).payload).toBe('hello');
  });

  it('keeps itself alive', () => {
    expect(reasonOf(LINK_CISCO_HDLC, [...hex('8f00 8035'), ...zeros(18)])).toBe('link-control');
  });
});
