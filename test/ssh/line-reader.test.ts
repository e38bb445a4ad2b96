import { describe, expect, it } from 'vitest';
import { CLIENT } from '../../src/ssh/conversation-api.ts';
import { PHASE_AFTER } from '../../src/ssh/line-reader.ts';
import { both, IDENT } from './reading.ts';
import { kexInit } from './wire.ts';

describe('lines', () => {
  it('reads the identification string with CR LF or LF', () => {
    for (const end of ['\r\n', '\n']) {
      both(`SSH-2.0-Test_1 hello${end}`, {}, ({ reader, codes }) => {
        expect(reader.identification).toMatchObject({
          text: 'SSH-2.0-Test_1 hello',
          softwareVersion: 'Test_1',
          comments: 'hello',
          endOffset: 20 + end.length,
        });
        expect(codes).toEqual([]);
      });
    }
  });

  it('keeps the lines of a server before it', () => {
    both(`Welcome.\r\n\r\n  * authorised use only *\n${IDENT}`, {}, ({ reader }) => {
      expect(reader.preIdentificationLines).toEqual(['Welcome.', '', '  * authorised use only *']);
      expect(reader.preIdentification?.endOffset).toBe(10);
      expect(reader.identification?.softwareVersion).toBe('Test_1');
      expect(reader.foreign).toBeUndefined();
    });
  });

  it.each(['Exceeded MaxStartups\r\n', 'Not allowed at this time\r\n', 'no line end'])(
    'takes %j for the words of a server',
    (text) => {
      both(text, {}, ({ reader }) => {
        expect(reader.preIdentificationLines).toEqual([text.trimEnd()]);
        expect(reader.preIdentification?.endOffset).toBe(text.length);
        expect(reader.foreign).toBeUndefined();
        expect(reader.stopped).toBeUndefined();
      });
    },
  );

  it("does not show a beginning of a server's identification string as text, but all that a client has begun", () => {
    for (const text of ['S', 'SSH-', 'SSH-2.0-Te']) {
      both(text, {}, ({ reader }) => expect(reader.preIdentificationLines).toEqual([]));
    }
    for (const text of ['S', 'SSH-', 'SSH-2.0-Te', 'hello']) {
      both(text, { side: CLIENT }, ({ reader }) => {
        expect(reader.preIdentificationLines).toEqual([text]);
        expect(reader.preIdentification?.endOffset).toBe(text.length);
      });
      both(text, { side: CLIENT, midway: true }, ({ reader }) =>
        expect(reader.preIdentificationLines).toEqual([]),
      );
    }
  });

  it('keeps 16 lines and gives up after 1024', () => {
    both('x\n'.repeat(1023) + IDENT, {}, ({ reader, codes }) => {
      expect(reader.preIdentificationLines).toHaveLength(16);
      expect(reader.identification).toBeDefined();
      expect(codes).toEqual([]);
    });
    both('x\n'.repeat(1024) + IDENT, {}, ({ reader, codes }) => {
      expect(reader.identification).toBeUndefined();
      expect(reader.stopped).toBe('limit');
      expect(codes).toEqual(['stream-limit']);
    });
  });

  it('takes 255 bytes with CR LF, notes more and cuts it, and gives up after 8192', () => {
    const ident = (length: number): string => `SSH-2.0-${'x'.repeat(length - 10)}\r\n`;
    both(ident(255), {}, ({ reader, codes }) => {
      expect(reader.identification?.text).toHaveLength(253);
      expect(codes).toEqual([]);
    });
    both(ident(256), {}, ({ reader, codes }) => {
      expect(reader.identification?.text).toHaveLength(254);
      expect(codes).toEqual(['identification-too-long']);
    });
    both(ident(3000) + IDENT, {}, ({ reader }) => {
      expect(reader.identification?.text).toHaveLength(255);
      expect(reader.identification?.endOffset).toBe(3000);
    });
    both(ident(8300), {}, ({ reader, codes }) => {
      expect(reader.stopped).toBe('corrupt');
      expect(codes).toEqual(['identification-too-long']);
    });
  });

  it('notes NUL and control characters in an identification string and goes on', () => {
    for (const text of ['SSH-2.0-a\0b\r\n', 'SSH-2.0-a\x1b[2Jb\n', 'SSH-2.0-\xe4\n']) {
      both(text, {}, ({ reader, codes }) => {
        expect(reader.identification?.text).toBe(text.trimEnd());
        expect(codes).toEqual(['identification-invalid-characters']);
      });
    }
  });
});

describe('what is no SSH', () => {
  it('recognises another protocol of a server', () => {
    both('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', {}, ({ reader }) => {
      expect(reader.foreign).toMatchObject({
        protocol: 'http',
        head: 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n',
      });
      expect(reader.stopped).toBe('foreign');
      expect(reader.preIdentificationLines).toEqual([]);
    });
    both('220 mail.example.org ESMTP Postfix (Debian/GNU)\r\n', {}, ({ reader }) => {
      expect(reader.foreign?.protocol).toBe('smtp');
    });
    both('\x15\x03\x01\x00\x02\x02\x46', {}, ({ reader }) => expect(reader.foreign?.protocol).toBe('tls'));
  });

  it('shows 64 bytes of the head', () => {
    both(`GET /${'x'.repeat(400)}`, { side: CLIENT }, ({ reader }) => {
      expect(reader.foreign?.head).toBe(`GET /${'x'.repeat(59)}`);
    });
  });

  it('takes a NUL or 255 bytes without line end for another protocol', () => {
    both('J\0\0\0\n5.7.33', {}, ({ reader }) => expect(reader.foreign).toMatchObject({ protocol: 'other' }));
    both(`hello\r\n\x01\0`, {}, ({ reader }) => {
      expect(reader.foreign).toMatchObject({ protocol: 'other', head: '\x01\0' });
      expect(reader.preIdentificationLines).toEqual(['hello']);
    });
    both('y'.repeat(255), {}, ({ reader }) => expect(reader.foreign).toBeUndefined());
    both('y'.repeat(256), {}, ({ reader }) => {
      expect(reader.foreign).toMatchObject({ protocol: 'other', head: 'y'.repeat(64) });
    });
  });

  it('takes any line of a client that is no identification string, but a PROXY header', () => {
    both('\r\n', { side: CLIENT }, ({ reader }) => expect(reader.foreign?.protocol).toBe('other'));
    both('root\n', { side: CLIENT }, ({ reader }) => expect(reader.foreign?.head).toBe('root\n'));
    both(`PROXY TCP4 192.0.2.1 192.0.2.2 40000 22\r\n${IDENT}`, { side: CLIENT }, ({ reader }) => {
      expect(reader.foreign).toBeUndefined();
      expect(reader.identification).toBeDefined();
      expect(reader.preIdentificationLines).toEqual(['PROXY TCP4 192.0.2.1 192.0.2.2 40000 22']);
    });
  });

  it('keeps the words that come instead of packets', () => {
    for (const text of ['Invalid SSH identification string.', 'Protocol mismatch.', 'nothing ends this']) {
      both(`${IDENT}${text}\r\n`, {}, ({ reader, codes }) => {
        expect(reader.textAfterIdentification).toBe(text);
        expect(reader.stopped).toBe('corrupt');
        expect(codes).toEqual([]);
      });
    }
    both(`${IDENT}Protocol mis`, {}, ({ reader }) => {
      expect(reader.textAfterIdentification).toBe('Protocol mis');
    });
    both(`${IDENT}${'z'.repeat(999)}`, {}, ({ reader }) => {
      expect(reader.textAfterIdentification).toHaveLength(255);
    });
    both(Buffer.concat([Buffer.from(IDENT), kexInit(), Buffer.from('bye now\n')]), {}, ({ reader }) => {
      expect(reader.textAfterIdentification).toBe('bye now');
      expect(reader.kexInit).toBeDefined();
    });
  });
});

describe('a stream that was joined midway', () => {
  it('lets a side that was joined midway begin only with its identification string', () => {
    both(IDENT, { midway: true }, ({ reader }) => expect(reader.identification).toBeDefined());
    for (const text of ['SSX', 'hello\r\nSSH-2.0-x\r\n', '\n', 'S\nSSH-2.0-x\n', '\x00\x00\x00\x30']) {
      both(text, { midway: true }, ({ reader }) => {
        expect(reader).toMatchObject({ stopped: 'midway', identification: undefined, foreign: undefined });
        expect(reader.preIdentificationLines).toEqual([]);
        expect(reader.encryptedBytes).toBe(0);
        expect(reader.offset).toBe(text.length);
      });
    }
  });
});

describe('the table of phases', () => {
  it('has an event that leads to every phase but the first', () => {
    expect(new Set(Object.values(PHASE_AFTER))).toEqual(
      new Set(['packet', 'SSH 1 packet', 'encrypted', 'foreign', 'text', 'nothing']),
    );
  });
});
