import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  ALGORITHMS,
  type AlgorithmCategory,
  algorithmHistory,
  canDo,
  isDefault,
  isDefaultList,
  opensshRelease,
  RELEASED,
  releaseDate,
} from '../../src/diagnosis/openssh-algorithms.ts';

const CATEGORIES = Object.keys(ALGORITHMS) as AlgorithmCategory[];

describe('the history of OpenSSH algorithms', () => {
  it('knows when a default changed, on which side', () => {
    expect(isDefault('kex', 'diffie-hellman-group1-sha1', 'server', '6.6')).toBe(true);
    expect(isDefault('kex', 'diffie-hellman-group1-sha1', 'server', '6.7')).toBe(false);
    expect(isDefault('kex', 'diffie-hellman-group1-sha1', 'client', '6.9')).toBe(true);
    expect(isDefault('kex', 'diffie-hellman-group14-sha256', 'server', '10.0')).toBe(false);
    expect(isDefault('kex', 'diffie-hellman-group14-sha256', 'client', '10.5')).toBe(true);
  });

  it('compares releases as numbers', () => {
    expect(isDefault('kex', 'mlkem768x25519-sha256', 'client', '10.0')).toBe(true);
    expect(isDefault('host-key', 'ssh-ed25519', 'client', '10.2')).toBe(true);
  });

  it('knows what a release cannot do at all', () => {
    expect(canDo('cipher', 'arcfour', '7.5')).toBe(true);
    expect(canDo('cipher', 'arcfour', '7.6')).toBe(false);
    expect(canDo('cipher', 'aes128-cbc', '10.5')).toBe(true);
    expect(canDo('kex', 'curve25519-sha256', '6.6')).toBe(false);
    expect(canDo('cipher', 'twofish-cbc', '9.2')).toBeUndefined();
  });

  it('has no entry for the names of JavaScript', () => {
    expect(algorithmHistory('kex', 'constructor')).toBeUndefined();
    expect(releaseDate('constructor')).toBeUndefined();
  });

  it('tells a default list in any order from one that a configuration names', () => {
    const list = ['aes256-ctr', 'aes128-ctr', 'aes192-ctr', 'chacha20-poly1305@openssh.com'];
    expect(isDefaultList('cipher', list, 'server', '9.2')).toBe(false);
    list.push('aes128-gcm@openssh.com', 'aes256-gcm@openssh.com');
    expect(isDefaultList('cipher', list, 'server', '9.2')).toBe(true);
    expect(isDefaultList('cipher', list, 'server', '99.1')).toBeUndefined();
  });

  it('reads the release from the software version', () => {
    expect(opensshRelease('OpenSSH_9.2p1')).toBe('9.2');
    expect(opensshRelease('OpenSSH_for_Windows_8.1')).toBe('8.1');
    expect(opensshRelease('dropbear_2022.83')).toBeUndefined();
    expect(opensshRelease(undefined)).toBeUndefined();
  });

  const facts = path.join(process.env.SSHFATE_CORPUS ?? '', '../openssh_defaults.json');
  const there = process.env.SSHFATE_CORPUS !== undefined && existsSync(facts);
  test.skipIf(!there)(
    `is what myproposal.h has at every release${there ? '' : ' (skipped: SSHFATE_CORPUS is not set)'}`,
    () => {
      type Release = Readonly<Record<string, readonly string[]>> & { readonly date: string };
      const all = JSON.parse(readFileSync(facts, 'utf8')) as Readonly<Record<string, Release>>;
      const lists = { kex: 'K', 'host-key': 'H', cipher: 'E', mac: 'M' } as const;
      for (const [release, defaults] of Object.entries(all)) {
        // The short-lived names of 2001 are left out.
        if (Number(release) < 3.3 && !release.startsWith('10')) continue;
        if (Object.hasOwn(RELEASED, release)) expect(releaseDate(release)).toBe(defaults.date.slice(0, 7));
        for (const category of CATEGORIES) {
          for (const side of ['client', 'server'] as const) {
            const key = category === 'host-key' ? 'HK' : `${side === 'client' ? 'C' : 'S'}${lists[category]}`;
            const known = defaults[key] ?? [];
            const ours = Object.keys(ALGORITHMS[category]).filter((n) =>
              isDefault(category, n, side, release),
            );
            expect(ours.sort(), `${release} ${side} ${category}`).toEqual([...known].sort());
          }
        }
      }
    },
  );
});
