import { describe, expect, it } from 'vitest';
import {
  ethernet,
  hex,
  ipv4,
  LINK_ETHERNET,
  plainPacket,
  reasonOf,
  segmentOf,
  tcp,
  zeros,
} from './made-packets.ts';

describe('Ethernet', () => {
  it('leads to a TCP segment in IPv4', () => {
    expect(segmentOf(LINK_ETHERNET, plainPacket('hello'))).toMatchObject({
      packetNumber: 1,
      endpoints: '10.0.0.1:50000 > 10.0.0.2:22',
      payload: 'hello',
      payloadLength: 5,
      nesting: [],
    });
  });

  it('leaves the padding of short frames out of the payload', () => {
    const frame = [...plainPacket(''), ...zeros(6)];
    expect(segmentOf(LINK_ETHERNET, frame)).toMatchObject({ payload: '', payloadLength: 0 });
  });

  it('says of other payloads what they are', () => {
    expect(reasonOf(LINK_ETHERNET, ethernet(0x86b5, zeros(50)))).toBe('not-ip');
    expect(reasonOf(LINK_ETHERNET, ethernet(0x88cc, zeros(50)))).toBe('link-control');
    expect(reasonOf(LINK_ETHERNET, ethernet(0x88e5, zeros(50)))).toBe('encrypted');
  });

  it('tells a frame that was cut from one that is too short', () => {
    expect(reasonOf(LINK_ETHERNET, hex('0200 0000 0002'), 60)).toBe('header-cut');
    expect(reasonOf(LINK_ETHERNET, hex('0200 0000 0002'))).toBe('malformed');
    expect(reasonOf(LINK_ETHERNET, [])).toBe('malformed');
  });

  it('does not take the bytes behind a packet for its own', () => {
    const whole = ethernet(0x0800, ipv4(tcp()));
    for (let length = 0; length < whole.length - 6; length += 1)
      expect(reasonOf(LINK_ETHERNET, whole.slice(0, length), whole.length), `${length} bytes`).toBe(
        'header-cut',
      );
  });
});
