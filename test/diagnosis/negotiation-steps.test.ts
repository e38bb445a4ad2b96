import { describe, expect, it } from 'vitest';
import { negotiationSteps, weakness } from '../../src/diagnosis/negotiation-steps.ts';
import { ALGORITHMS, type AlgorithmCategory, isDefault } from '../../src/diagnosis/openssh-algorithms.ts';

const OPTIONS = { kex: 'KexAlgorithms', 'host-key': 'HostKeyAlgorithms', cipher: 'Ciphers', mac: 'MACs' };

const defaults = (category: AlgorithmCategory, side: 'client' | 'server', release: string): string[] =>
  Object.keys(ALGORITHMS[category]).filter((name) => isDefault(category, name, side, release));

const steps = (
  category: AlgorithmCategory,
  [client, clientNames]: readonly [string | undefined, readonly string[]],
  [server, serverNames]: readonly [string | undefined, readonly string[]],
): readonly string[] =>
  negotiationSteps(
    { category, option: OPTIONS[category] },
    { software: client, names: clientNames },
    { software: server, names: serverNames },
  );

/** The line that somebody would put into sshd_config. */
const configLine = (list: readonly string[]): string | undefined => /`([^`]*)`/.exec(list[0] ?? '')?.[1];

describe('the steps out of a failed negotiation', () => {
  it('add to the default list of a server that has no list of its own', () => {
    const list = steps(
      'kex',
      ['PuTTY_Release_0.70', ['diffie-hellman-group14-sha256']],
      ['OpenSSH_10.0p2', defaults('kex', 'server', '10.0')],
    );
    expect(configLine(list)).toBe('KexAlgorithms +diffie-hellman-group14-sha256');
    expect(list.join('\n')).toContain(
      "OpenSSH 10.0 (2025-04) took diffie-hellman-group14-sha256 out of the server's default list, and this server is 10.0",
    );
    expect(list.join('\n')).not.toContain('upgrade OpenSSH');
  });

  it('add to the list that the configuration of the server names, and say that its line must go', () => {
    const list = steps(
      'kex',
      ['OpenSSH_9.2p1', ['curve25519-sha256']],
      ['OpenSSH_9.2p1', ['diffie-hellman-group14-sha256']],
    );
    expect(configLine(list)).toBe('KexAlgorithms diffie-hellman-group14-sha256,curve25519-sha256');
    expect(list[0]).toContain('in place of the KexAlgorithms line that stands there');
    expect(list[1]).toBe('On the client: ssh -o KexAlgorithms=+diffie-hellman-group14-sha256 …');
    expect(list[2]).toContain("the server's list is not the default of OpenSSH 9.2");
  });

  it('never give a server what its release cannot do: it would not start', () => {
    const list = steps(
      'cipher',
      ['OpenSSH_5.3', ['arcfour', 'blowfish-cbc']],
      ['OpenSSH_9.2p1', defaults('cipher', 'server', '9.2')],
    );
    expect(configLine(list)).toBeUndefined();
    expect(list[0]).toBe('On the client: ssh -o Ciphers=arcfour,blowfish-cbc,aes128-ctr …');
    expect(list.join('\n')).toContain('OpenSSH 7.6 (2017-10) removed arcfour from the code');
    expect(list.join('\n')).toContain(
      'The honest answer is to take the Ciphers list of OpenSSH_5.3 (the client) away',
    );
  });

  it('prefer an algorithm that is fit for use', () => {
    const list = steps(
      'kex',
      ['OpenSSH_9.2p1', ['diffie-hellman-group1-sha1', 'curve25519-sha256']],
      ['OpenSSH_9.2p1', ['ecdh-sha2-nistp256']],
    );
    expect(configLine(list)).toBe('KexAlgorithms ecdh-sha2-nistp256,curve25519-sha256');
  });

  it('say that the honest answer is to upgrade the side that has only weak ones', () => {
    const list = steps(
      'kex',
      ['JSCH-0.1.54', ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1']],
      ['OpenSSH_10.0p2', defaults('kex', 'server', '10.0')],
    );
    expect(list[0]).toBe(
      'The honest answer is to upgrade JSCH-0.1.54 (the client): all that it offers is weak (diffie-hellman-group14-sha1: SHA-1); to allow it weakens the server for everybody: only until then',
    );
    expect(configLine(list.slice(1))).toBe('KexAlgorithms +diffie-hellman-group14-sha1');
    expect(list[1]).toContain('(weak: SHA-1)');
  });

  it('do not upgrade a side whose configuration is weaker than its default', () => {
    const list = steps(
      'kex',
      ['OpenSSH_10.0p2', defaults('kex', 'client', '10.0')],
      ['OpenSSH_9.2p1', ['diffie-hellman-group14-sha1']],
    );
    expect(list[list.length - 1]).toBe(
      'The honest answer is to take the KexAlgorithms list of OpenSSH_9.2p1 (the server) away: all that is in it is weak, and its default would do (diffie-hellman-group-exchange-sha256)',
    );
  });

  it('propose to other software what has long been there', () => {
    const list = steps(
      'kex',
      ['OpenSSH_10.0p2', defaults('kex', 'client', '10.0')],
      ['Cisco-1.25', ['diffie-hellman-group1-sha1']],
    );
    expect(list[1]).toContain('allow diffie-hellman-group-exchange-sha256 in its own settings');
  });

  it('begin with the client where the server is not OpenSSH', () => {
    const list = steps(
      'host-key',
      ['OpenSSH_9.2p1', defaults('host-key', 'client', '9.2')],
      ['dropbear_2016.74', ['ssh-rsa']],
    );
    expect(list[0]).toBe('On the client: ssh -o HostKeyAlgorithms=+ssh-rsa … (weak: SHA-1 signatures)');
    expect(list[1]).toContain('which has no sshd_config of OpenSSH');
    expect(list[list.length - 1]).toContain('upgrade dropbear_2016.74 (the server)');
  });

  it('take a host key algorithm whose key the server has before one whose key must be made', () => {
    const has = steps(
      'host-key',
      ['OpenSSH_6.6', ['ssh-dss', 'ssh-rsa']],
      ['OpenSSH_9.2p1', ['rsa-sha2-512', 'rsa-sha2-256']],
    );
    expect(configLine(has.slice(1))).toBe('HostKeyAlgorithms +ssh-rsa');
    expect(has[1]).not.toContain('ssh-keygen -A');
    const hasNot = steps(
      'host-key',
      ['OpenSSH_9.2p1', ['ecdsa-sha2-nistp256']],
      ['OpenSSH_9.2p1', ['ssh-ed25519']],
    );
    expect(configLine(hasNot)).toBe('HostKeyAlgorithms +ecdsa-sha2-nistp256');
    expect(hasNot[0]).toContain('ssh-keygen -A');
  });

  it('say when no option helps', () => {
    const list = steps('cipher', ['OpenSSH_9.2p1', ['aes128-ctr']], ['OpenSSH_3.4p1', ['twofish-cbc']]);
    expect(list).toContain('No option helps: what one side has, the other cannot do. Upgrade the older one');
  });
});

describe('weakness', () => {
  it.each([
    ['diffie-hellman-group1-sha1', 'a 1024-bit group and SHA-1'],
    ['diffie-hellman-group-exchange-sha1', 'SHA-1'],
    ['ssh-dss', 'DSA, 1024 bits and SHA-1'],
    ['aes256-cbc', 'CBC'],
    ['arcfour256', 'RC4'],
  ])('of %s is %s', (name, what) => {
    expect(weakness(name)).toBe(what);
  });

  it.each(['hmac-sha1', 'aes128-ctr', 'ssh-ed25519', 'diffie-hellman-group14-sha256'])(
    '%s has none',
    (name) => {
      expect(weakness(name)).toBeUndefined();
    },
  );
});
