import { describe, expect, it } from 'vitest';
import { ACK, PSH, SYN } from '../../src/wire/segment.ts';
import { dissect, hex, ipv4, LINK_RAW, reasonOf, segmentOf, tcp, zeros } from './made-packets.ts';

describe('TCP', () => {
  it('gives the fields of its header', () => {
    const packet = ipv4(
      tcp('hello', {
        from: 65535,
        to: 22,
        sequence: 0xfffffff0,
        acknowledgement: 0x80000000,
        flags: ACK | PSH,
        window: 0xffff,
        options: hex('0101080a 00000001 00000002'),
      }),
    );
    expect(segmentOf(LINK_RAW, packet)).toMatchObject({
      endpoints: '10.0.0.1:65535 > 10.0.0.2:22',
      sequence: -16,
      acknowledgement: -0x80000000,
      flags: ACK | PSH,
      window: 0xffff,
      options: '0101080a0000000100000002',
      payload: 'hello',
      payloadLength: 5,
      checksum: 'unknown',
    });
  });

  it('is only of interest on watched ports, of either side', () => {
    const packets = [
      ipv4(tcp('a', { from: 22, to: 1024 })),
      ipv4(tcp('b', { from: 1024, to: 2222 })),
      ipv4(tcp('c', { from: 1024, to: 443 })),
    ];
    const { segments, dissector } = dissect(LINK_RAW, packets, { ports: [22, 2222] });
    expect(segments.map((segment) => segment.payload)).toEqual(['a', 'b']);
    expect(dissector.skippedPackets()).toEqual({ 'other-port': 1 });
  });

  it('has a payload as long as the IP header says, of which the capture may hold less', () => {
    const bytes = ipv4(tcp('hello world')).slice(0, -6);
    const { segments } = dissect(LINK_RAW, [{ bytes, originalLength: bytes.length + 6 }]);
    expect(segments).toMatchObject([{ payload: 'hello', payloadLength: 11 }]);
  });

  it('with its options cut off is handed on without them', () => {
    const whole = ipv4(tcp('hello', { flags: SYN, window: 1000, options: hex('020405b4 0103030a') }));
    const handedOn = (captured: number) => {
      const packet = { bytes: whole.slice(0, 20 + captured), originalLength: whole.length };
      const { segments, dissector } = dissect(LINK_RAW, [packet]);
      expect(dissector.anomalies).toEqual({ 'tcp-header-cut': 1 });
      return segments[0];
    };
    const expected = { flags: SYN, options: '', payload: '', payloadLength: 5, checksum: 'unknown' };
    expect(handedOn(27)).toMatchObject({ ...expected, window: 1000 });
    expect(handedOn(16)).toMatchObject({ ...expected, window: 1000 });
    expect(handedOn(15)).toMatchObject({ ...expected, window: -1 });
    expect(handedOn(14)).toMatchObject({ ...expected, window: -1 });
  });

  it('with less than its flags is not handed on', () => {
    const whole = ipv4(tcp('hello'));
    expect(reasonOf(LINK_RAW, whole.slice(0, 20 + 13), whole.length)).toBe('header-cut');
    expect(reasonOf(LINK_RAW, whole.slice(0, 20 + 3), whole.length)).toBe('header-cut');
  });

  it('that contradicts itself gives nothing', () => {
    expect(reasonOf(LINK_RAW, ipv4(tcp('', { dataOffset: 4 })))).toBe('malformed');
    expect(reasonOf(LINK_RAW, ipv4(tcp('abc', { dataOffset: 6 })))).toBe('malformed');
    expect(reasonOf(LINK_RAW, ipv4(zeros(13)))).toBe('malformed');
    expect(reasonOf(LINK_RAW, ipv4(tcp().slice(0, 16)))).toBe('malformed');
  });
});
