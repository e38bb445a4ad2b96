/**
 * The default algorithms of OpenSSH, client and server, as `myproposal.h` has them at each release from 3.0 to 10.5
 * (older than 7.0 with all that a build could have), and from which release on the code has an algorithm no more:
 * https://www.openssh.com/releasenotes.html, 7.0 (v00 certificates), 7.6 (arcfour, blowfish, CAST, RIPEMD) and 9.8
 * (DSA, off at build since then). The last stretch without a break of each name counts.
 */

export type AlgorithmCategory = 'kex' | 'host-key' | 'cipher' | 'mac';

export interface AlgorithmHistory {
  /** First release that offers it by default (the code may be a little older). */
  readonly since: string;
  /** First release whose client, or server, no longer does; absent where the newest one still does. */
  readonly clientUntil?: string;
  readonly serverUntil?: string;
  /** First release that cannot do it at all; absent where the newest one still can when it is told to. */
  readonly removed?: string;
}

/** A release as numbers that can be compared: 9.2 is 902. */
export function releaseNumber(release: string): number {
  const [major = '0', minor = '0'] = release.split('.');
  return Number(major) * 100 + Number(minor);
}

/** '9.2' of 'OpenSSH_9.2p1' and 'OpenSSH_for_Windows_9.5'; undefined for other software. */
export function opensshRelease(software: string | undefined): string | undefined {
  return software?.match(/^OpenSSH_(?:for_Windows_)?(\d{1,2}\.\d{1,2})/)?.[1];
}

/** Undefined for a name that OpenSSH never had among its defaults. */
export function algorithmHistory(category: AlgorithmCategory, name: string): AlgorithmHistory | undefined {
  const names: Readonly<Record<string, AlgorithmHistory>> = ALGORITHMS[category];
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** Whether a side of that release offers the algorithm without being told to. */
export function isDefault(
  category: AlgorithmCategory,
  name: string,
  side: 'client' | 'server',
  release: string,
): boolean {
  const history = algorithmHistory(category, name);
  if (history === undefined) return false;
  const number = releaseNumber(release);
  const until = side === 'client' ? history.clientUntil : history.serverUntil;
  return number >= releaseNumber(history.since) && (until === undefined || number < releaseNumber(until));
}

/** Whether that release can do it when it is told to; undefined for a name that OpenSSH never had. */
export function canDo(category: AlgorithmCategory, name: string, release: string): boolean | undefined {
  const history = algorithmHistory(category, name);
  if (history === undefined) return undefined;
  const number = releaseNumber(release);
  return (
    number >= releaseNumber(history.since) &&
    (history.removed === undefined || number < releaseNumber(history.removed))
  );
}

/** Whether the list is what a side of that release offers by default, in whatever order; undefined beyond the table. */
export function isDefaultList(
  category: AlgorithmCategory,
  names: readonly string[],
  side: 'client' | 'server',
  release: string,
): boolean | undefined {
  const number = releaseNumber(release);
  if (number < releaseNumber(FIRST_RELEASE) || number > releaseNumber(LAST_RELEASE)) return undefined;
  const defaults = Object.keys(ALGORITHMS[category]).filter((name) =>
    isDefault(category, name, side, release),
  );
  return defaults.length === names.length && defaults.every((name) => names.includes(name));
}

/** Year and month; undefined for a release that is not in the table. */
export function releaseDate(release: string): string | undefined {
  return Object.hasOwn(RELEASED, release) ? RELEASED[release as keyof typeof RELEASED] : undefined;
}

/** The table is whole between these. */
const FIRST_RELEASE = '3.3';
const LAST_RELEASE = '10.5';

/** For every name that was ever a default, in the order of its first release. */
export const ALGORITHMS = {
  kex: {
    'diffie-hellman-group-exchange-sha1': { since: '3.0', clientUntil: '8.0', serverUntil: '6.7' },
    'diffie-hellman-group1-sha1': { since: '3.0', clientUntil: '7.0', serverUntil: '6.7' },
    'diffie-hellman-group14-sha1': { since: '3.9', clientUntil: '8.2', serverUntil: '8.2' },
    'diffie-hellman-group-exchange-sha256': { since: '4.4', serverUntil: '10.0' },
    'ecdh-sha2-nistp256': { since: '5.7' },
    'ecdh-sha2-nistp384': { since: '5.7' },
    'ecdh-sha2-nistp521': { since: '5.7' },
    'curve25519-sha256@libssh.org': { since: '6.5' },
    'diffie-hellman-group16-sha512': { since: '7.3', serverUntil: '10.0' },
    'diffie-hellman-group18-sha512': { since: '7.3', serverUntil: '10.0' },
    'diffie-hellman-group14-sha256': { since: '7.3', serverUntil: '10.0' },
    'curve25519-sha256': { since: '7.4' },
    'sntrup761x25519-sha512@openssh.com': { since: '8.9' },
    'sntrup761x25519-sha512': { since: '9.9' },
    'mlkem768x25519-sha256': { since: '9.9' },
  },
  'host-key': {
    'ssh-rsa': { since: '3.0', clientUntil: '8.8', serverUntil: '8.8' },
    'ssh-dss': { since: '3.0', clientUntil: '7.0', serverUntil: '7.0', removed: '9.8' },
    'ssh-rsa-cert-v00@openssh.com': { since: '5.4', clientUntil: '7.0', serverUntil: '7.0', removed: '7.0' },
    'ssh-dss-cert-v00@openssh.com': { since: '5.4', clientUntil: '7.0', serverUntil: '7.0', removed: '7.0' },
    'ssh-rsa-cert-v01@openssh.com': { since: '5.6', clientUntil: '8.8', serverUntil: '8.8' },
    'ssh-dss-cert-v01@openssh.com': { since: '5.6', clientUntil: '7.0', serverUntil: '7.0', removed: '9.8' },
    'ecdsa-sha2-nistp256-cert-v01@openssh.com': { since: '5.7' },
    'ecdsa-sha2-nistp384-cert-v01@openssh.com': { since: '5.7' },
    'ecdsa-sha2-nistp521-cert-v01@openssh.com': { since: '5.7' },
    'ecdsa-sha2-nistp256': { since: '5.7' },
    'ecdsa-sha2-nistp384': { since: '5.7' },
    'ecdsa-sha2-nistp521': { since: '5.7' },
    'ssh-ed25519-cert-v01@openssh.com': { since: '6.5' },
    'ssh-ed25519': { since: '6.5' },
    'rsa-sha2-512': { since: '7.2' },
    'rsa-sha2-256': { since: '7.2' },
    'rsa-sha2-512-cert-v01@openssh.com': { since: '7.8' },
    'rsa-sha2-256-cert-v01@openssh.com': { since: '7.8' },
    'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com': { since: '8.2' },
    'sk-ssh-ed25519-cert-v01@openssh.com': { since: '8.2' },
    'sk-ecdsa-sha2-nistp256@openssh.com': { since: '8.2' },
    'sk-ssh-ed25519@openssh.com': { since: '8.2' },
    'webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com': { since: '10.3' },
    'webauthn-sk-ecdsa-sha2-nistp256@openssh.com': { since: '10.3' },
  },
  cipher: {
    'aes128-cbc': { since: '3.0', clientUntil: '7.6', serverUntil: '6.7' },
    '3des-cbc': { since: '3.0', clientUntil: '7.4', serverUntil: '6.7' },
    'blowfish-cbc': { since: '3.0', clientUntil: '7.2', serverUntil: '6.7', removed: '7.6' },
    'cast128-cbc': { since: '3.0', clientUntil: '7.2', serverUntil: '6.7', removed: '7.6' },
    arcfour: { since: '3.0', clientUntil: '7.2', serverUntil: '6.7', removed: '7.6' },
    'aes192-cbc': { since: '3.0', clientUntil: '7.6', serverUntil: '6.7' },
    'aes256-cbc': { since: '3.0', clientUntil: '7.6', serverUntil: '6.7' },
    'rijndael-cbc@lysator.liu.se': { since: '3.3', clientUntil: '7.2', serverUntil: '6.7' },
    'aes128-ctr': { since: '3.7' },
    'aes192-ctr': { since: '3.7' },
    'aes256-ctr': { since: '3.7' },
    arcfour128: { since: '4.2', clientUntil: '7.2', serverUntil: '6.7', removed: '7.6' },
    arcfour256: { since: '4.2', clientUntil: '7.2', serverUntil: '6.7', removed: '7.6' },
    'aes128-gcm@openssh.com': { since: '6.2' },
    'aes256-gcm@openssh.com': { since: '6.2' },
    'chacha20-poly1305@openssh.com': { since: '6.5' },
  },
  mac: {
    'hmac-md5': { since: '3.0', clientUntil: '7.2', serverUntil: '6.7' },
    'hmac-sha1': { since: '3.0' },
    'hmac-ripemd160': { since: '3.0', clientUntil: '7.2', serverUntil: '6.7', removed: '7.6' },
    'hmac-ripemd160@openssh.com': { since: '3.0', clientUntil: '7.2', serverUntil: '6.7', removed: '7.6' },
    'hmac-sha1-96': { since: '3.0', clientUntil: '7.2', serverUntil: '6.7' },
    'hmac-md5-96': { since: '3.0', clientUntil: '7.2', serverUntil: '6.7' },
    'umac-64@openssh.com': { since: '4.7' },
    'hmac-sha2-256': { since: '5.9' },
    'hmac-sha2-256-96': { since: '5.9', clientUntil: '6.1', serverUntil: '6.1', removed: '6.1' },
    'hmac-sha2-512': { since: '5.9' },
    'hmac-sha2-512-96': { since: '5.9', clientUntil: '6.1', serverUntil: '6.1', removed: '6.1' },
    'hmac-md5-etm@openssh.com': { since: '6.2', clientUntil: '7.2', serverUntil: '6.7' },
    'hmac-sha1-etm@openssh.com': { since: '6.2' },
    'umac-64-etm@openssh.com': { since: '6.2' },
    'umac-128-etm@openssh.com': { since: '6.2' },
    'hmac-sha2-256-etm@openssh.com': { since: '6.2' },
    'hmac-sha2-512-etm@openssh.com': { since: '6.2' },
    'hmac-ripemd160-etm@openssh.com': {
      since: '6.2',
      clientUntil: '7.2',
      serverUntil: '6.7',
      removed: '7.6',
    },
    'hmac-sha1-96-etm@openssh.com': { since: '6.2', clientUntil: '7.2', serverUntil: '6.7' },
    'hmac-md5-96-etm@openssh.com': { since: '6.2', clientUntil: '7.2', serverUntil: '6.7' },
    'umac-128@openssh.com': { since: '6.2' },
  },
} as const satisfies Record<AlgorithmCategory, Record<string, AlgorithmHistory>>;

export const RELEASED = {
  '3.0': '2001-11',
  '3.3': '2002-06',
  '3.7': '2003-09',
  '3.9': '2004-08',
  '4.2': '2005-09',
  '4.4': '2006-09',
  '4.7': '2007-09',
  '5.0': '2008-04',
  '5.1': '2008-07',
  '5.2': '2009-02',
  '5.3': '2009-09',
  '5.4': '2010-03',
  '5.5': '2010-04',
  '5.6': '2010-08',
  '5.7': '2011-01',
  '5.8': '2011-02',
  '5.9': '2011-09',
  '6.0': '2012-04',
  '6.1': '2012-08',
  '6.2': '2013-03',
  '6.3': '2013-09',
  '6.4': '2013-11',
  '6.5': '2014-01',
  '6.6': '2014-03',
  '6.7': '2014-10',
  '6.8': '2015-03',
  '6.9': '2015-07',
  '7.0': '2015-08',
  '7.1': '2015-08',
  '7.2': '2016-02',
  '7.3': '2016-08',
  '7.4': '2016-12',
  '7.5': '2017-03',
  '7.6': '2017-10',
  '7.7': '2018-04',
  '7.8': '2018-08',
  '7.9': '2018-10',
  '8.0': '2019-04',
  '8.1': '2019-10',
  '8.2': '2020-02',
  '8.3': '2020-05',
  '8.4': '2020-09',
  '8.5': '2021-03',
  '8.6': '2021-04',
  '8.7': '2021-08',
  '8.8': '2021-09',
  '8.9': '2022-02',
  '9.0': '2022-04',
  '9.1': '2022-10',
  '9.2': '2023-02',
  '9.3': '2023-03',
  '9.4': '2023-08',
  '9.5': '2023-10',
  '9.6': '2023-12',
  '9.7': '2024-03',
  '9.8': '2024-07',
  '9.9': '2024-09',
  '10.0': '2025-04',
  '10.1': '2025-10',
  '10.2': '2025-10',
  '10.3': '2026-04',
  '10.4': '2026-07',
  '10.5': '2026-08',
} as const;
