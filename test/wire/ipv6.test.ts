import { describe, expect, it } from 'vitest';
import { MAX_EXTENSION_HEADERS } from '../../src/wire/ipv6.ts';
import {
  addressBytes,
  type Bytes,
  dissect,
  hex,
  ipv6,
  LINK_RAW,
  reasonOf,
  segmentOf,
  tcp,
  u32,
  zeros,
} from './made-packets.ts';

const HOP_BY_HOP = 0;
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;

const extension = (next: number, payload: Bytes): Bytes => [next, 0, 1, 4, ...zeros(4), ...payload];

describe('IPv6', () => {
  it('gives the fields of its header', () => {
    expect(segmentOf(LINK_RAW, ipv6(tcp('hello'), { hopLimit: 7, trafficClass: 0xb9 }))).toMatchObject({
      endpoints: '2001:db8::1:50000 > 2001:db8::2:22',
      payload: 'hello',
      hopLimit: 7,
      trafficClass: 0xb9,
      ipId: -1,
    });
  });

  it('may have extension headers of all kinds', () => {
    const chain = extension(
      DESTINATION_OPTIONS,
      extension(135, extension(139, extension(140, extension(6, tcp('hello'))))),
    );
    expect(segmentOf(LINK_RAW, ipv6(chain, { next: HOP_BY_HOP })).payload).toBe('hello');
  });

  it('has a limit on their number', () => {
    const chain = (length: number): Bytes =>
      length === 0 ? tcp() : extension(length === 1 ? 6 : DESTINATION_OPTIONS, chain(length - 1));
    const packet = (length: number): Bytes => ipv6(chain(length), { next: DESTINATION_OPTIONS });
    expect(segmentOf(LINK_RAW, packet(MAX_EXTENSION_HEADERS)).nesting).toEqual([]);
    expect(reasonOf(LINK_RAW, packet(MAX_EXTENSION_HEADERS + 1))).toBe('too-deep');
  });

  it('goes where its routing header ends', () => {
    const [first, last] = [addressBytes('2001:db8::f1'), addressBytes('2001:db8::f2')];
    const route = (type: number, left: number): Bytes => [
      6,
      4,
      type,
      left,
      ...zeros(4),
      ...first,
      ...last,
      ...tcp(),
    ];
    const destination = (type: number, left: number): string =>
      segmentOf(LINK_RAW, ipv6(route(type, left), { next: ROUTING })).endpoints.split(' > ')[1] as string;
    expect(destination(0, 1)).toBe('2001:db8::f2:22');
    expect(destination(4, 1)).toBe('2001:db8::f1:22');
    expect(destination(4, 0)).toBe('2001:db8::2:22');
    expect(destination(3, 1)).toBe('2001:db8::2:22');
  });

  it('reads a fragment header that is the whole datagram', () => {
    const atomic = [6, 0, ...hex('0000'), ...u32(99), ...tcp('hello')];
    expect(segmentOf(LINK_RAW, ipv6(atomic, { next: 44 })).payload).toBe('hello');
  });

  it('has a longer length in a jumbogram', () => {
    const payload = 'x'.repeat(70_000);
    const jumbo = (length: number): Bytes =>
      ipv6([6, 0, 0xc2, 4, ...u32(length), ...tcp(payload)], { next: HOP_BY_HOP, payloadLength: 0 });
    expect(segmentOf(LINK_RAW, jumbo(8 + 20 + 69_999)).payloadLength).toBe(69_999);
    expect(reasonOf(LINK_RAW, jumbo(0xffff))).toBe('malformed');
    expect(reasonOf(LINK_RAW, jumbo(0xffffffff))).toBe('malformed');
  });

  it('without a length has that of the packet, unless it says that there is nothing', () => {
    const { segments, dissector } = dissect(LINK_RAW, [ipv6(tcp('hello'), { payloadLength: 0 })]);
    expect(segments).toMatchObject([{ payload: 'hello', payloadLength: 5 }]);
    expect(dissector.anomalies).toEqual({ 'ip-length-zero': 1 });
    expect(reasonOf(LINK_RAW, ipv6(tcp(), { next: 59, payloadLength: 0 }))).toBe('not-tcp');
  });

  it('that contradicts itself gives nothing', () => {
    expect(reasonOf(LINK_RAW, ipv6(extension(6, []), { next: DESTINATION_OPTIONS }))).toBe('malformed');
    expect(reasonOf(LINK_RAW, ipv6([6, 200, ...zeros(30)], { next: DESTINATION_OPTIONS }))).toBe('malformed');
    expect(reasonOf(LINK_RAW, ipv6(tcp()).slice(0, 39), 100)).toBe('header-cut');
  });
});
