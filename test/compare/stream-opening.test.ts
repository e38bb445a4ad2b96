import { describe, expect, it } from 'vitest';
import { StreamOpening } from '../../src/compare/stream-opening.ts';

const COOKIE = '000102030405060708090a0b0c0d0e0f';
const KEXINIT = Buffer.concat([
  Buffer.from([0, 0, 4, 0, 6, 20]),
  Buffer.from(COOKIE, 'hex'),
  Buffer.alloc(700),
]);
const stream = (before: string): Buffer => Buffer.concat([Buffer.from(before, 'latin1'), KEXINIT]);

/** In segments of a size. */
function opening(bytes: Buffer, size: number): StreamOpening {
  const found = new StreamOpening();
  for (let at = 0; at < bytes.length; at += size) found.add(at, bytes, at, Math.min(size, bytes.length - at));
  return found;
}

describe('the cookie of a KEXINIT', () => {
  it.each([1, 2, 7, 41, 1448])('is found in segments of %i bytes', (size) => {
    expect(opening(stream('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'), size).cookie()).toBe(COOKIE);
  });

  it('is found behind lines of text and the header of a proxy', () => {
    expect(opening(stream('PROXY TCP4 192.0.2.1 192.0.2.2 1 22\r\nSSH-2.0-x\r\n'), 50).cookie()).toBe(COOKIE);
  });

  it('is found whatever repeats and overlaps', () => {
    const bytes = stream('SSH-2.0-x\n');
    const found = new StreamOpening();
    found.add(0, bytes, 0, 20);
    found.add(5, bytes, 5, 20);
    found.add(0, bytes, 0, 60);
    expect(found.cookie()).toBe(COOKIE);
  });

  it.each([
    ['a stream that is not SSH', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['an identification string alone', Buffer.from('SSH-2.0-x\r\n')],
    ['half a cookie', stream('SSH-2.0-x\r\n').subarray(0, 25)],
    [
      'another message',
      Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.from([0, 0, 4, 0, 6, 21]), Buffer.alloc(40)]),
    ],
    ['an identification string without an end', Buffer.from(`SSH-2.0-${'x'.repeat(900)}`)],
    ['nothing', Buffer.alloc(0)],
  ])('is not found in %s', (_, bytes) => {
    expect(opening(bytes, 100).cookie()).toBeUndefined();
  });

  it('is not found behind a hole', () => {
    const bytes = stream('SSH-2.0-x\r\n');
    const found = new StreamOpening();
    found.add(0, bytes, 0, 11);
    found.add(20, bytes, 20, 100);
    expect(found.cookie()).toBeUndefined();
  });
});
