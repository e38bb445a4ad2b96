import { describe, expect, it } from 'vitest';
import { hex, plainPacket, reasonOf, segmentOf, zeros } from './made-packets.ts';

const LINK_PKTAP = 258;

describe('PKTAP', () => {
  it('says the link type of its packet', () => {
    const header = [...hex('6c000000 01000000 01000000'), ...zeros(96)];
    expect(segmentOf(LINK_PKTAP, [...header, ...plainPacket('hello')]).payload).toBe('hello');
  });

  it('that is broken gives nothing', () => {
    expect(reasonOf(LINK_PKTAP, hex('02000000 01000000 01000000'))).toBe('malformed');
    expect(reasonOf(LINK_PKTAP, hex('0c000000 02000000 01000000'))).toBe('not-ip');
    expect(reasonOf(LINK_PKTAP, hex('0c000000 01000000 ffffff00'))).toBe('unsupported-link-type');
    expect(reasonOf(LINK_PKTAP, hex('ff000000 01000000 01000000'), 400)).toBe('header-cut');
  });
});
