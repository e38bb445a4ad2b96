import { describe, expect, it } from 'vitest';
import { CLIENT, SERVER } from '../../src/ssh/conversation-api.ts';
import { isForeignLine, isForeignStart, recogniseForeign } from '../../src/ssh/foreign-protocol.ts';

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const starts = (text: string): boolean => isForeignStart(latin(text), 0, text.length);

const FOREIGN: readonly (readonly [protocol: string, head: string])[] = [
  ['http', 'GET / HTTP/1.1\r\nHost: 10.0.0.1'],
  ['http', 'HTTP/1.1 400 Bad Request\r\n'],
  ['http', 'PRI * HTTP/2.0\r\n'],
  ['http', 'OPTIONS / RTSP/1.0\r\n'],
  ['tls', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['tls', '\x15\x03\x01\x00\x02\x02\x46'],
  ['tls', '\x14\x03\x03\x00\x01\x01'],
  ['smtp', '220 mail.example.org ESMTP Postfix'],
  ['smtp', '220-mail.example.org ESMTP Exim 4.96'],
  ['ftp', '220 (vsFTPd 3.0.3)'],
  ['ftp', '220-FileZilla Server 1.7'],
  ['other', '220 ready'],
  ['pop3', '+OK Dovecot ready.'],
  ['other', "-ERR unknown command 'SSH-2.0-OpenSSH_9.2p1'"],
  ['imap', '* OK [CAPABILITY IMAP4rev1] ready'],
  ['vnc', 'RFB 003.008\n'],
  ['rdp', '\x03\x00\x00\x13\x0e\xd0\x00\x00\x124\x00\x02'],
  ['telnet', '\xff\xfd\x18\xff\xfd\x20'],
];

describe('isForeignStart', () => {
  it.each(FOREIGN)('knows the signature of %s: %j', (_, head) => {
    expect(starts(head)).toBe(true);
  });

  it('stays with its answer however much follows', () => {
    for (const [, head] of FOREIGN) {
      const answers = Array.from({ length: head.length + 1 }, (_, length) => starts(head.slice(0, length)));
      expect(answers.lastIndexOf(false), head).toBeLessThan(9);
      expect(answers.indexOf(true), head).toBe(answers.lastIndexOf(false) + 1);
    }
  });

  it.each([
    'Exceeded MaxStartups',
    'Not allowed at this time',
    'SSH-2.0-x',
    '',
    'G',
    '+O',
    'You are not welcome to use sshd',
  ])('takes a server text for no other protocol: %j', (text) => {
    expect(starts(text)).toBe(false);
  });
});

describe('recogniseForeign', () => {
  it.each(FOREIGN)('says %s of %j', (protocol, head) => {
    const bytes = Buffer.concat([latin(head), Buffer.alloc(20, 0x41)]);
    expect(recogniseForeign(bytes, head.length)).toBe(protocol);
  });

  it('says other of what it does not know', () => {
    expect(recogniseForeign(latin('\0\0\0'), 3)).toBe('other');
    expect(recogniseForeign(latin(''), 0)).toBe('other');
  });
});

describe('isForeignLine', () => {
  it('is a client line that is no PROXY header; a server may send text', () => {
    const line = (text: string): Buffer => latin(text);
    expect(isForeignLine(CLIENT, line('hello'), 0, 5)).toBe(true);
    expect(isForeignLine(CLIENT, line(''), 0, 0)).toBe(true);
    expect(isForeignLine(CLIENT, line('PROXY TCP4 1.2.3.4 5.6.7.8 9 22\r'), 0, 32)).toBe(false);
    expect(isForeignLine(SERVER, line('hello'), 0, 5)).toBe(false);
  });
});
