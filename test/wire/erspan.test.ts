import { describe, expect, it } from 'vitest';
import {
  type Bytes,
  hex,
  ipv4,
  LINK_RAW,
  plainPacket,
  reasonOf,
  segmentOf,
  tcp,
  zeros,
} from './made-packets.ts';

const gre = (header: string, payload: Bytes): Bytes => ipv4([...hex(header), ...payload], { protocol: 47 });
const nestingOf = (packet: Bytes): readonly string[] => segmentOf(LINK_RAW, packet).nesting;

describe('ERSPAN', () => {
  it('of type I has no header', () => {
    expect(nestingOf(gre('0000 88be', plainPacket()))).toEqual(['erspan']);
  });

  it('of type II names its session', () => {
    expect(nestingOf(gre('1000 88be 00000001 10640bff 00000000', plainPacket()))).toEqual(['erspan 1023']);
  });

  it('of type III may have a subheader, and IP without Ethernet', () => {
    const header = '1000 22eb 00000001 20640005 00000000 0000';
    expect(nestingOf(gre(`${header} 0000`, plainPacket()))).toEqual(['erspan 5']);
    expect(nestingOf(gre(`${header} 0001`, [...zeros(8), ...plainPacket()]))).toEqual(['erspan 5']);
    expect(nestingOf(gre(`${header} 0800`, ipv4(tcp())))).toEqual(['erspan 5']);
    expect(reasonOf(LINK_RAW, gre(`${header} 0400`, plainPacket()))).toBe('not-ip');
    expect(reasonOf(LINK_RAW, gre(`${header}`, []))).toBe('malformed');
  });
});
