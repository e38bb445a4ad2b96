import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kexFamily, mayCarryHostKey, messageName, readHostKey } from '../../src/ssh/key-exchange.ts';
import { ED25519_KEY, string } from './wire.ts';

describe('messageName', () => {
  it.each([
    ['diffie-hellman-group14-sha256', 30, 'SSH_MSG_KEXDH_INIT'],
    ['diffie-hellman-group1-sha1', 31, 'SSH_MSG_KEXDH_REPLY'],
    ['diffie-hellman-group-exchange-sha256', 30, 'SSH_MSG_KEX_DH_GEX_REQUEST_OLD'],
    ['diffie-hellman-group-exchange-sha256', 34, 'SSH_MSG_KEX_DH_GEX_REQUEST'],
    ['diffie-hellman-group-exchange-sha1', 31, 'SSH_MSG_KEX_DH_GEX_GROUP'],
    ['diffie-hellman-group-exchange-sha1', 32, 'SSH_MSG_KEX_DH_GEX_INIT'],
    ['diffie-hellman-group-exchange-sha1', 33, 'SSH_MSG_KEX_DH_GEX_REPLY'],
    ['ecdh-sha2-nistp256', 30, 'SSH_MSG_KEX_ECDH_INIT'],
    ['curve25519-sha256@libssh.org', 31, 'SSH_MSG_KEX_ECDH_REPLY'],
    ['sntrup761x25519-sha512', 30, 'SSH_MSG_KEX_ECDH_INIT'],
    ['mlkem768x25519-sha256', 30, 'SSH_MSG_KEX_HYBRID_INIT'],
    ['mlkem1024nistp384-sha384', 31, 'SSH_MSG_KEX_HYBRID_REPLY'],
    ['rsa2048-sha256', 30, 'SSH_MSG_KEXRSA_PUBKEY'],
    ['gss-group14-sha256-toWM5Slw5Ew8Mqkay+al2g==', 30, 'SSH_MSG_KEXGSS_INIT'],
    ['gss-gex-sha1-toWM5Slw5Ew8Mqkay+al2g==', 40, 'SSH_MSG_KEXGSS_GROUPREQ'],
    ['ecmqv-sha2', 30, 'SSH_MSG_ECMQV_INIT'],
    ['curve25519-sha256', 35, 'unknown 35'],
    ['something-new', 30, 'unknown 30'],
  ])('of %s: %i is %s', (kex, number, name) => {
    expect(messageName(number, kexFamily(kex))).toBe(name);
  });

  it('names what belongs to no method, whatever was negotiated', () => {
    expect(messageName(1, 'dh')).toBe('SSH_MSG_DISCONNECT');
    expect(messageName(7, undefined)).toBe('SSH_MSG_EXT_INFO');
    expect(messageName(21, 'dh-gex')).toBe('SSH_MSG_NEWKEYS');
    expect(messageName(52, undefined)).toBe('SSH_MSG_USERAUTH_SUCCESS');
    expect(messageName(192, undefined)).toBe('SSH_MSG_PING');
    expect(messageName(42, undefined)).toBe('unknown 42');
    expect(messageName(255, undefined)).toBe('unknown 255');
  });
});

describe('mayCarryHostKey', () => {
  it('is true for the replies of a server', () => {
    expect([30, 31, 32, 33, 34].map(mayCarryHostKey)).toEqual([false, true, false, true, false]);
  });
});

const read = (bytes: Uint8Array) => readHostKey(bytes, 0, bytes.length);

// Made with ssh-keygen; the fingerprints are those that `ssh-keygen -l` prints.
const CERTIFICATES = {
  'ssh-ed25519-cert-v01@openssh.com': {
    fingerprint: 'SHA256:uf/Xpeo4Z3n68QTRRCP3dhXVa7JzDWI6HYCLLDHFWS0',
    blob: 'AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIPuloseGyNgaAV7MIOLh/0iaX4KNzuH7XH+oHL2eW3kXAAAAIPtC1drL58v+zOJ1D+EiQZB/JBd0yTtoN/1IcapUIbuLAAAAAAAAAAAAAAACAAAABGhvc3QAAAAaAAAACWEuZXhhbXBsZQAAAAliLmV4YW1wbGUAAAAAAAAAAP//////////AAAAAAAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACAIub0mJysPk7K+KqG9CnhybaC1ILYyDGOe0EsfkRD6rQAAAFMAAAALc3NoLWVkMjU1MTkAAABAhWCqx+RBpc0jrJQS2/i3TCoUQ5sjF6EWMzvYGS1ADrrwouCLRsRsyBmgAYizhIFipSnDZjYnjEQslGXjkkU+Bg==',
  },
  'ssh-rsa-cert-v01@openssh.com': {
    fingerprint: 'SHA256:Qlhb1FApJWPFPCqm8F2ORvQbI3v+gcYCcrGHV4DSm1Q',
    blob: 'AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgoY9kYqR/PldIO/TmMQzqRZcMgG+2iXmCWh6fbEXSZuAAAAADAQABAAABAQC6/erLBZquN7ecawMoZYbSOs6bVo37ALSvSed4wVXlqZLSmCQst/iuSyIz0yv7DuKe+M9xFsPu0qV/hH+Gu/dXc7Ttt0M/BZsU+D84ewP9avjEOT/9jllYEusgMwxUnKln0OzHL+g4Z+6X6RGRfaDvmxj1URCPsQN48V7e+5R1AkrKmibw50XkqtnA/4mII9fcWUrGGomb6sthaf3vRn1S7hhZgW+E/zhL8lbprYYKS1cgbFDTXcMzQbBUUHoQJmV2ZCQAimN9mD/Vu7sfOUNRzyB7IlFqVlHK9aqzjjU3PibXCc7zU29FuCnpPeVg55+xCuGqYZlY1KD71pvHwq5nAAAAAAAAAAAAAAACAAAABGhvc3QAAAAaAAAACWEuZXhhbXBsZQAAAAliLmV4YW1wbGUAAAAAAAAAAP//////////AAAAAAAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACAIub0mJysPk7K+KqG9CnhybaC1ILYyDGOe0EsfkRD6rQAAAFMAAAALc3NoLWVkMjU1MTkAAABAoThIzJdXcLLy8h+Oy9r8H+4gQWg4vE6syDwdEKGk5SOY7mrsi+yOfFLTYapeBIJRAVISHdm5tRuzwprOyPK4AA==',
  },
  'ecdsa-sha2-nistp256-cert-v01@openssh.com': {
    fingerprint: 'SHA256:Xm2DA6vpWGSbrZE5usKYykywetzAVnXnCCOZ6OIE2zA',
    blob: 'AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgM1o3Fn7C+erYh0QGYGbPqN/SLpIYV37Ji90YkuePVFsAAAAIbmlzdHAyNTYAAABBBI9TalOrutagsTVfYJRpcZiTaw+VnWcuGZAl6u/osgeHDz37ejVr+zGvVxkOF3IYtx6DtEstSjTFKnZ+AixHUsQAAAAAAAAAAAAAAAIAAAAEaG9zdAAAABoAAAAJYS5leGFtcGxlAAAACWIuZXhhbXBsZQAAAAAAAAAA//////////8AAAAAAAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIAi5vSYnKw+Tsr4qob0KeHJtoLUgtjIMY57QSx+REPqtAAAAUwAAAAtzc2gtZWQyNTUxOQAAAEAxsSxHeo0k65hZdlF1exfEwi+CzV72Su0Ig/h8gpa4SsiUogrk12XyvR63hv9EDBZExTnF5a5bXBdfsy+HgIYB',
  },
};

describe('readHostKey', () => {
  it.each(Object.entries(CERTIFICATES))(
    'prints the fingerprint of the key in a certificate: %s',
    (algorithm, { blob, fingerprint }) => {
      expect(read(Buffer.from(blob, 'base64'))).toEqual({ algorithm, fingerprint });
    },
  );

  it('prints the fingerprint of a plain key, and shares it', () => {
    const key = read(ED25519_KEY);
    expect(key).toEqual({
      algorithm: 'ssh-ed25519',
      fingerprint: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/) as string,
    });
    expect(read(Buffer.from(ED25519_KEY))).toBe(key);
  });

  it('does not take the prime of a group exchange for a key', () => {
    expect(read(Buffer.concat([Buffer.of(0), Buffer.alloc(256, 0xd7)]))).toBeUndefined();
    expect(read(Buffer.alloc(256, 0xd7))).toBeUndefined();
  });

  it('takes no empty, overlong or unprintable name for a key', () => {
    expect(read(string(''))).toBeUndefined();
    expect(read(string('x'.repeat(65)))).toBeUndefined();
    expect(read(string('ssh\x1b[2J'))).toBeUndefined();
    expect(read(Buffer.of(0, 0, 0))).toBeUndefined();
  });

  it('falls back to the bytes themselves for a broken certificate', () => {
    const broken = Buffer.concat([string('ssh-rsa-cert-v01@openssh.com'), string('nonce'), string('e')]);
    expect(read(broken)?.algorithm).toBe('ssh-rsa-cert-v01@openssh.com');
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        read(bytes);
        read(Buffer.concat([string('sk-ssh-ed25519-cert-v01@openssh.com'), bytes]));
      }),
    );
  });
});
