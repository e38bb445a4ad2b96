import { describe, expect, test } from 'vitest';
import { maskClear } from '../../src/evidence/mask-clear.ts';
import { Pseudonyms } from '../../src/evidence/pseudonyms.ts';
import { Conversation } from '../../src/ssh/conversation.ts';
import { CLIENT, SERVER, type Side } from '../../src/ssh/conversation-api.ts';
import { KEY } from './extracting.ts';

const pseudonyms = new Pseudonyms(KEY);

/** What becomes of the clear bytes of one side, which the other has answered with its own. */
function masked(side: Side, clear: Buffer | string, peer: Buffer | string = ''): Buffer {
  const bytes = typeof clear === 'string' ? Buffer.from(clear, 'latin1') : clear;
  const other = typeof peer === 'string' ? Buffer.from(peer, 'latin1') : peer;
  const conversation = new Conversation();
  if (other.length > 0) conversation.data(side === CLIENT ? SERVER : CLIENT, other, 0, other.length, 1, 0);
  conversation.data(side, bytes, 0, bytes.length, 2, 0);
  const result = Buffer.from(bytes);
  for (const edit of maskClear(conversation, side, bytes, pseudonyms)) result.set(edit.bytes, edit.offset);
  expect(result.length).toBe(bytes.length);
  return result;
}

const text = (side: Side, clear: string): string => masked(side, clear).toString('latin1');

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const string = (content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([u32(bytes.length), bytes]);
};
const packet = (number: number, ...payload: Buffer[]): Buffer => {
  const inside = Buffer.concat([Buffer.of(number), ...payload]);
  return Buffer.concat([u32(inside.length + 1 + 4), Buffer.of(4), inside, Buffer.alloc(4)]);
};

describe('lines', () => {
  test('of sshd stay, by which causes are told', () => {
    for (const line of ['Exceeded MaxStartups', 'Not allowed at this time', 'Protocol mismatch.']) {
      expect(text(SERVER, `${line}\r\n`)).toBe(`${line}\r\n`);
    }
  });

  test('of a login banner keep nothing but their form', () => {
    expect(text(SERVER, 'Welcome to ACME, web-1!\r\nSSH-2.0-OpenSSH_9.2p1\r\n')).toBe(
      'xxxxxxx xx xxxx, xxx-x!\r\nSSH-2.0-OpenSSH_9.2p1\r\n',
    );
  });

  test('of a PROXY header keep the word that says what it is', () => {
    expect(text(CLIENT, 'PROXY TCP4 192.0.2.1 192.0.2.2 5000 22\r\nSSH-2.0-x\r\n')).toBe(
      'PROXY TCP4 xxx.x.x.x xxx.x.x.x xxxx xx\r\nSSH-2.0-x\r\n',
    );
  });
});

describe('identification strings', () => {
  test.each([
    'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10',
    'SSH-2.0-libssh2_1.10.0_DEV',
    'SSH-1.99-Cisco-1.25',
    'SSH-2.0-9.99 sshlib: 9.99',
    'SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.10',
    'SSH-2.0-OpenSSH_9.6 FreeBSD-20240701',
    'SSH-2.0-OpenSSH_8.4p1 Raspbian-5+deb11u3',
    'SSH-2.0-OpenSSH_9.0 NetBSD_Secure_Shell-20220604-hpn13v14-lpk',
    'SSH-2.0-paramiko_2.12.0',
  ])('stay as they are: %s', (line) => {
    expect(text(SERVER, `${line}\r\n`)).toBe(`${line}\r\n`);
  });

  test.each([
    ['SSH-2.0-FTP on web1.example.com', 'SSH-2.0-FTP on xxxx.xxxxxxx.xxx'],
    ['SSH-2.0-Server admin@example.org', 'SSH-2.0-Server xxxxx@xxxxxxx.xxx'],
    ['SSH-2.0-Server 10.1.2.3', 'SSH-2.0-Server xx.x.x.x'],
    ['SSH-2.0-Server 2001:db8::7', 'SSH-2.0-Server xxxx:xxx::x'],
    ['SSH-2.0-Server [::ffff:192.0.2.77]', 'SSH-2.0-Server [::xxxx:xxx.x.x.xx]'],
    ['SSH-2.0-Server 52-54-00-12-34-56', 'SSH-2.0-Server xx-xx-xx-xx-xx-xx'],
    ['SSH-2.0-Server_of_web_1.example.com', 'SSH-2.0-xxxxxx_xx_xxx_x.xxxxxxx.xxx'],
    // What administrators add.
    ['SSH-2.0-OpenSSH_9.2p1 bastion01', 'SSH-2.0-OpenSSH_9.2p1 xxxxxxxxx'],
    ['SSH-2.0-OpenSSH_9.2p1 Debian-2 owner=alice', 'SSH-2.0-OpenSSH_9.2p1 Debian-2 xxxxx=xxxxx'],
  ])('name no host, mail or address: %s', (line, expected) => {
    expect(text(SERVER, `${line}\r\n`)).toBe(`${expected}\r\n`);
  });
});

describe('packets', () => {
  const identification = Buffer.from('SSH-2.0-x\r\n');

  test('that say good-bye name nobody', () => {
    const bytes = Buffer.concat([
      identification,
      packet(1, u32(2), string('no match with host web1.example.com'), string('')),
    ]);
    const result = masked(SERVER, bytes).toString('latin1');
    expect(result).toContain('no match with host xxxx.xxxxxxx.xxx');
  });

  test('that carry a host key carry another of the same kind, always the same, and another signature', () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index + 1));
    const reply = (fill: number): Buffer =>
      Buffer.concat([
        identification,
        packet(
          31,
          string(Buffer.concat([string('ssh-ed25519'), string(key)])),
          string(Buffer.alloc(32, fill)),
          string(Buffer.concat([string('ssh-ed25519'), string(Buffer.alloc(64, fill))])),
        ),
      ]);
    const [one, other] = [masked(SERVER, reply(7)), masked(SERVER, reply(9))];
    const blobAt = identification.length + 6;
    expect(one.subarray(blobAt, blobAt + 23).equals(reply(7).subarray(blobAt, blobAt + 23))).toBe(true);
    expect(one.includes(key)).toBe(false);
    expect(one.includes(key.subarray(1, 9))).toBe(false);
    const blob = (bytes: Buffer): string => bytes.subarray(blobAt, blobAt + 4 + 51).toString('hex');
    expect(blob(one)).toBe(blob(other));
    // The ephemeral key stays, the signature does not.
    expect(one.includes(Buffer.alloc(32, 7))).toBe(true);
    expect(one.includes(Buffer.alloc(60, 7))).toBe(false);
  });

  test('that say good-bye to somebody do not say to whom, and nothing behind it', () => {
    const description = string('Too many authentication failures for alice');
    const bytes = Buffer.concat([
      identification,
      packet(1, u32(2), description, string('en-acme'), Buffer.from('more')),
    ]);
    const result = masked(SERVER, bytes).toString('latin1');
    expect(result).toContain('Too many authentication failures for xxxxx');
    expect(result).not.toMatch(/acme|more/);
  });

  test.each([
    ['Too many authentication failures for host-admin', 'Too many authentication failures for xxxx-xxxxx'],
    ['Too many failures for invalid user key.1', 'Too many failures for invalid user xxx.x'],
    ['no method for key exchange', 'no method for key exchange'],
  ])('know a word from a name that begins like it: %s', (said, left) => {
    const bytes = Buffer.concat([identification, packet(1, u32(2), string(said), string(''))]);
    expect(masked(SERVER, bytes).toString('latin1')).toContain(left);
  });

  test.each([5, 7, 50, 192])('of a number that nobody may send yet (%i) say nothing', (number) => {
    const bytes = Buffer.concat([identification, packet(number, string('alice'), string('secret'))]);
    const result = masked(CLIENT, bytes);
    expect(result.toString('latin1')).not.toMatch(/alice|secret/);
    expect(result.subarray(0, identification.length + 6)).toEqual(
      bytes.subarray(0, identification.length + 6),
    );
  });

  test('of proposals name no language, and nothing where they are broken', () => {
    const lists = Array<Buffer>(8).fill(string('a@example.org'));
    const proposal = (...rest: Buffer[]): Buffer =>
      Buffer.concat([identification, packet(20, Buffer.alloc(16, 3), ...lists, ...rest)]);
    const whole = masked(
      CLIENT,
      proposal(string('en-acme'), string(''), Buffer.alloc(5), Buffer.from('more')),
    );
    expect(whole.toString('latin1')).toContain('xx-xxxx');
    expect(whole.toString('latin1')).not.toContain('more');
    const broken = masked(CLIENT, proposal(u32(0xfffffff), Buffer.from('alice')));
    expect(broken.toString('latin1')).not.toContain('alice');
    expect(broken.includes(u32(0xfffffff))).toBe(true);
  });

  test('take no time that grows with the square of what somebody sends', () => {
    for (const unit of ['a', 'a.', 'a-', 'a_', '1.', 'a.b-']) {
      const bytes = Buffer.concat([
        identification,
        packet(1, u32(2), string(unit.repeat(50_000)), string('')),
      ]);
      const beforeMs = performance.now();
      masked(SERVER, bytes);
      expect(performance.now() - beforeMs, unit).toBeLessThan(1000);
    }
  });

  test('of proposals stay', () => {
    const kexinit = packet(
      20,
      Buffer.alloc(16, 3),
      ...Array<Buffer>(8).fill(string('a@example.org')),
      ...[string(''), string(''), Buffer.alloc(5)],
    );
    const bytes = Buffer.concat([identification, kexinit]);
    expect(masked(CLIENT, bytes).equals(bytes)).toBe(true);
  });
});

describe('another protocol', () => {
  test('keeps what it is known by', () => {
    expect(text(SERVER, '220 mail.example.org ESMTP Postfix\r\n')).toBe(
      '220 xxxx.xxxxxxx.xxx ESMTP Postfix\r\n',
    );
    expect(text(CLIENT, 'GET /secret HTTP/1.1\r\nHost: example.org\r\n')).toBe(
      'GET /xxxxxx HTTP/1.1\r\nxxxx: xxxxxxx.xxx\r\n',
    );
  });

  test('in bytes keeps its first ones', () => {
    const hello = Buffer.concat([
      Buffer.of(0x16, 3, 1, 0, 90, 1, 0, 0, 86, 3, 3),
      Buffer.from('\0\0example.org'),
    ]);
    expect(masked(CLIENT, hello).includes('example')).toBe(false);
    expect(masked(CLIENT, hello).subarray(0, 11).equals(hello.subarray(0, 11))).toBe(true);
  });
});

test('words in the place of a packet are masked, a broken length is not', () => {
  expect(text(SERVER, 'SSH-2.0-x\r\nBad Gateway of ACME\r\n')).toBe('SSH-2.0-x\r\nxxx xxxxxxx xx xxxx\r\n');
  const broken = Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(40, 0xfe)]);
  const result = masked(CLIENT, broken);
  expect(result.subarray(11, 15).equals(Buffer.alloc(4, 0xfe))).toBe(true);
  expect(result.subarray(16).equals(Buffer.alloc(35))).toBe(true);
});
