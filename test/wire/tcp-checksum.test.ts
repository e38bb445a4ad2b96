import { describe, expect, it } from 'vitest';
import { ACK, FIN, SYN } from '../../src/wire/segment.ts';
import {
  addressBytes,
  type Bytes,
  dissect,
  internetChecksum,
  ipv4,
  ipv6,
  LINK_RAW,
  tcp,
  u16,
} from './made-packets.ts';

const pseudoHeader = (from: string, to: string, length: number): Bytes => [
  ...addressBytes(from),
  ...addressBytes(to),
  ...u16(6),
  ...u16(length),
];

const seen = (packet: Bytes) => {
  const { segments, dissector } = dissect(LINK_RAW, [packet]);
  return { bad: segments[0]?.checksum === 'bad', ...dissector.anomalies };
};

describe('the TCP checksum', () => {
  const overIpv4 = (checksum: number, payload = 'odd', flags = FIN | ACK): Bytes =>
    ipv4(tcp(payload, { flags, checksum }), { from: '10.0.0.1', to: '10.0.0.2' });
  const right = (payload: string, flags: number): number =>
    internetChecksum([
      ...pseudoHeader('10.0.0.1', '10.0.0.2', 20 + payload.length),
      ...tcp(payload, { flags }),
    ]);

  it('is right or wrong, over both versions of IP', () => {
    for (const payload of ['', 'odd', 'even'])
      expect(seen(overIpv4(right(payload, SYN), payload, SYN)), payload).toEqual({ bad: false });
    expect(seen(overIpv4(right('odd', SYN) ^ 1, 'odd', SYN))).toEqual({ bad: true, 'tcp-checksum-bad': 1 });

    const [from, to] = ['2001:db8::ffff', 'fe80::1'];
    const checksum = internetChecksum([...pseudoHeader(from, to, 23), ...tcp('odd', { flags: FIN })]);
    expect(seen(ipv6(tcp('odd', { flags: FIN, checksum }), { from, to }))).toEqual({ bad: false });
    expect(seen(ipv6(tcp('odd', { flags: FIN, checksum: checksum ^ 0x100 }), { from, to })).bad).toBe(true);
  });

  it('is not wrong when the network card was to fill it in', () => {
    const withLength = 0xffff - internetChecksum(pseudoHeader('10.0.0.1', '10.0.0.2', 23));
    const withoutLength = 0xffff - internetChecksum(pseudoHeader('10.0.0.1', '10.0.0.2', 0));
    for (const checksum of [withLength, withoutLength, 0])
      expect(seen(overIpv4(checksum))).toEqual({ bad: false, 'tcp-checksum-not-filled': 1 });
  });

  it('is only looked at where it decides, and where all bytes are there', () => {
    expect(seen(overIpv4(1, 'odd', ACK))).toEqual({ bad: false });
    const bytes = overIpv4(1);
    const { segments } = dissect(LINK_RAW, [{ bytes: bytes.slice(0, -1), originalLength: bytes.length }]);
    expect(segments).toMatchObject([{ checksum: 'unknown', verified: 'unknown' }]);
  });
});
