import { describe, expect, it } from 'vitest';
import { disconnectReasonName, readDisconnect, SeenDisconnect } from '../../src/ssh/disconnect.ts';
import { string, u32 } from './wire.ts';

const message = (code: number, text: string): Buffer =>
  Buffer.concat([Buffer.of(1), u32(code), string(text), string('en')]);
const read = (bytes: Buffer) => readDisconnect(bytes, 0, bytes.length);

describe('readDisconnect', () => {
  it('reads code and text', () => {
    expect(read(message(2, 'Too many authentication failures'))).toEqual({
      reasonCode: 2,
      description: 'Too many authentication failures',
    });
  });

  it('cuts the text at 1024 bytes and at the end of the message', () => {
    expect(read(message(11, 'x'.repeat(3000)))?.description).toHaveLength(1024);
    expect(read(Buffer.concat([Buffer.of(1), u32(11), u32(0xffff_ffff), Buffer.from('abc')]))).toEqual({
      reasonCode: 11,
      description: 'abc',
    });
  });

  it('bears a message that breaks off', () => {
    const whole = message(7, 'abc');
    expect(read(whole.subarray(0, 4))).toBeUndefined();
    expect(read(whole.subarray(0, 5))).toEqual({ reasonCode: 7, description: '' });
    expect(read(whole.subarray(0, 10))).toEqual({ reasonCode: 7, description: 'a' });
  });
});

describe('disconnectReasonName', () => {
  it('knows the fifteen codes of RFC 4253', () => {
    expect(disconnectReasonName(2)).toBe('SSH_DISCONNECT_PROTOCOL_ERROR');
    expect(disconnectReasonName(11)).toBe('SSH_DISCONNECT_BY_APPLICATION');
    expect(disconnectReasonName(15)).toBe('SSH_DISCONNECT_ILLEGAL_USER_NAME');
    expect([0, 16, 0xffff_ffff].map(disconnectReasonName)).toEqual([undefined, undefined, undefined]);
  });

  it('comes with the message', () => {
    expect(new SeenDisconnect({ reasonCode: 3, description: '' }, 1, 2, 3)).toMatchObject({
      reasonName: 'SSH_DISCONNECT_KEY_EXCHANGE_FAILED',
      endOffset: 3,
    });
  });
});
