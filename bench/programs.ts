/**
 * Name-lists of real programs, for captures that look like what really guesses passwords and what it meets.
 * Both directions of a kind are the same list in all of them.
 */
export interface Program {
  readonly identification: string;
  readonly kex: string;
  readonly hostKey: string;
  readonly cipher: string;
  readonly mac: string;
  readonly compression: string;
}

const ECDH = 'ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521';
const AES_CTR = 'aes128-ctr,aes192-ctr,aes256-ctr';
const OPENSSH_CIPHERS = `chacha20-poly1305@openssh.com,${AES_CTR},aes128-gcm@openssh.com,aes256-gcm@openssh.com`;
const OPENSSH_MACS =
  'umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,' +
  'hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1';

export const CLIENTS = {
  libssh: {
    identification: 'SSH-2.0-libssh-0.7.3',
    kex: 'curve25519-sha256@libssh.org,ecdh-sha2-nistp256,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1',
    hostKey: 'ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-rsa,ssh-dss',
    cipher: 'aes256-ctr,aes192-ctr,aes128-ctr,aes256-cbc,aes192-cbc,aes128-cbc,blowfish-cbc,3des-cbc',
    mac: 'hmac-sha2-256,hmac-sha2-512,hmac-sha1',
    compression: 'none',
  },
  go: {
    identification: 'SSH-2.0-Go',
    kex: `curve25519-sha256,curve25519-sha256@libssh.org,${ECDH},diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,ext-info-c`,
    hostKey:
      'rsa-sha2-256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,ssh-rsa-cert-v01@openssh.com,' +
      'ssh-dss-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,' +
      'ecdsa-sha2-nistp521-cert-v01@openssh.com,ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256,' +
      'ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-256,rsa-sha2-512,ssh-rsa,ssh-dss,ssh-ed25519',
    cipher: `aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,${AES_CTR}`,
    mac: 'hmac-sha2-256-etm@openssh.com,hmac-sha2-256,hmac-sha1,hmac-sha1-96',
    compression: 'none',
  },
  openssh: {
    identification: 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2',
    kex:
      `sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,${ECDH},` +
      'diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,' +
      'diffie-hellman-group14-sha256,ext-info-c,kex-strict-c-v00@openssh.com',
    hostKey:
      'ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,' +
      'ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,' +
      'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,' +
      'ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ssh-ed25519@openssh.com,' +
      'sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256',
    cipher: OPENSSH_CIPHERS,
    mac: OPENSSH_MACS,
    compression: 'none,zlib@openssh.com,zlib',
  },
} satisfies Record<string, Program>;

export const SERVERS = {
  dropbear: {
    identification: 'SSH-2.0-dropbear_2022.83',
    kex:
      'curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256,' +
      'diffie-hellman-group14-sha256,diffie-hellman-group14-sha1,kexguess2@matt.ucc.asn.au,kex-strict-s-v00@openssh.com',
    hostKey: 'ssh-ed25519',
    cipher: 'chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr',
    mac: 'hmac-sha1,hmac-sha2-256',
    compression: 'zlib@openssh.com,none',
  },
  hardened: {
    identification: 'SSH-2.0-OpenSSH_8.4p1 Debian-5+deb11u3',
    kex: 'curve25519-sha256,curve25519-sha256@libssh.org,diffie-hellman-group-exchange-sha256',
    hostKey: 'ssh-ed25519',
    cipher: `chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr`,
    mac: 'hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256',
    compression: 'none,zlib@openssh.com',
  },
  openssh: {
    identification: 'SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.6',
    kex:
      `curve25519-sha256,curve25519-sha256@libssh.org,${ECDH},sntrup761x25519-sha512@openssh.com,` +
      'diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,' +
      'diffie-hellman-group14-sha256,kex-strict-s-v00@openssh.com',
    hostKey: 'ssh-ed25519',
    cipher: OPENSSH_CIPHERS,
    mac: OPENSSH_MACS,
    compression: 'none,zlib@openssh.com',
  },
} satisfies Record<string, Program>;
