import { describe, expect, it } from 'vitest';
import {
  type Bytes,
  ethernet,
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
  vlan,
} from './made-packets.ts';

const over = (port: number, header: string, payload: Bytes): Bytes =>
  ipv4(udp(port, [...hex(header), ...payload]), { protocol: PROTOCOL_UDP });

describe('VXLAN', () => {
  it('names its network', () => {
    expect(segmentOf(LINK_RAW, over(4789, '08000000 ffffff00', plainPacket('hello')))).toMatchObject({
      payload: 'hello',
      nesting: ['vxlan 16777215'],
    });
  });

  it('may have group policies, tags, and further tunnels inside', () => {
    const inner = over(4789, '88000001 00000200', ethernet(0x8100, vlan(5, 0x0800, ipv4(tcp()))));
    expect(segmentOf(LINK_RAW, over(4789, '08000000 00000100', ethernet(0x0800, inner))).nesting).toEqual([
      'vxlan 1',
      'vxlan 2',
      'vlan 5',
    ]);
  });

  it('is not what happens to use its port', () => {
    expect(reasonOf(LINK_RAW, over(4789, '00000000 00000100', plainPacket()))).toBe('not-tcp');
    expect(reasonOf(LINK_RAW, over(4789, '08000000', []))).toBe('malformed');
  });

  it('in its generic form says what it carries', () => {
    const nestingOf = (header: string, payload: Bytes): readonly string[] =>
      segmentOf(LINK_RAW, over(4790, header, payload)).nesting;
    expect(nestingOf('0c000001 00000700', ipv4(tcp()))).toEqual(['vxlan-gpe 7']);
    expect(nestingOf('0c000002 00000700', ipv6(tcp()))).toEqual(['vxlan-gpe 7']);
    expect(nestingOf('0c000003 00000700', plainPacket())).toEqual(['vxlan-gpe 7']);
    expect(nestingOf('08000000 00000700', plainPacket())).toEqual(['vxlan-gpe 7']);
    expect(nestingOf('0c000005 00000700', [...hex('00010140'), ...ipv4(tcp())])).toEqual([
      'vxlan-gpe 7',
      'mpls 16',
    ]);
    expect(reasonOf(LINK_RAW, over(4790, '0c000004 00000700', plainPacket()))).toBe('not-ip');
  });
});
