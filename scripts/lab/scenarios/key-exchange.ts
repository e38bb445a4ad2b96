import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.ts';
import { both, expect, orSilent, type Scenario, times } from '../scenario.ts';

/** Both ends speak SSH and find no common `what`. */
const noCommon = (
  what: string,
  cause: string,
  server: readonly string[],
  client: readonly string[],
): Scenario => ({
  name: `close-during-kex-no-common-${what}`,
  made: `sshd with ${server.join(', ')}; ssh with ${client.join(', ')}.`,
  place: 'hosts',
  programs: ['ssh', 'sshd'],
  // Each side finds out by itself, and which FIN comes first is chance.
  expected: both(expect('close-during-kex', ['both', 'client', 'server'], cause)),
  run: async (lab) => {
    await lab.sshd(server);
    await lab.capture();
    await lab.ssh({ settings: client }).ended;
  },
});

/** From the first KEXINIT to NEWKEYS. */
export const KEY_EXCHANGE: readonly Scenario[] = [
  noCommon(
    'kex',
    'no-common-kex',
    ['KexAlgorithms diffie-hellman-group14-sha256'],
    ['KexAlgorithms=curve25519-sha256'],
  ),
  noCommon(
    'host-key',
    'no-common-host-key',
    ['HostKeyAlgorithms ssh-ed25519'],
    ['HostKeyAlgorithms=ecdsa-sha2-nistp256'],
  ),
  noCommon('cipher', 'no-common-cipher', ['Ciphers aes256-gcm@openssh.com'], ['Ciphers=aes128-ctr']),
  noCommon(
    'mac',
    'no-common-mac',
    ['Ciphers aes128-ctr', 'MACs hmac-sha2-512'],
    ['Ciphers=aes128-ctr', 'MACs=hmac-sha1'],
  ),
  {
    name: 'close-during-kex-host-key-changed',
    made: 'known_hosts holds another key for the server.',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(expect('close-during-kex', 'client', 'host-key-rejected')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const settings = [`UserKnownHostsFile=${lab.keys.wrongKnownHosts}`, 'HostKeyAlgorithms=ssh-ed25519'];
      await lab.ssh({ settings }).ended;
    },
  },
  {
    name: 'close-during-kex-host-key-unknown',
    made: 'StrictHostKeyChecking=yes and an empty known_hosts.',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(expect('close-during-kex', 'client', 'host-key-rejected')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.ssh({ settings: ['UserKnownHostsFile=/dev/null'] }).ended;
    },
  },
  {
    name: 'close-during-kex-keyscan',
    made: 'ssh-keyscan for two kinds of host key.',
    place: 'client',
    programs: ['ssh-keyscan', 'sshd'],
    expected: both(...times(2, expect('close-during-kex', 'client', 'banner-grab', 'scan'))),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const port = ['-p', `${lab.port}`] as const;
      await lab.network.run(
        'client',
        'ssh-keyscan',
        ...port,
        '-T',
        '5',
        '-t',
        'ed25519,rsa',
        lab.plan.server,
      );
    },
  },
  {
    name: 'close-during-kex-server-killed',
    made: 'The router drops the client’s key exchange message, and the sshd process of the connection is killed.',
    place: 'server',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: both(expect('close-during-kex', 'server', 'server-process-died')),
    run: async (lab) => {
      await lab.sshd();
      // With sntrup761 the client's SSH_MSG_KEX_ECDH_INIT has 1208 bytes, unlike any other segment of the session.
      await lab.network.firewall([`tcp dport ${lab.port} ip length 1220-1300 drop`]);
      await lab.capture();
      const client = lab.ssh();
      await sleep(2_500);
      await lab.signalSessions('SIGKILL');
      await client.ended;
    },
  },
  {
    name: 'kex-reset-by-firewall',
    made: 'The router answers the client’s KEXINIT with a reset.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    // The server's KEXINIT and the forged reset are on the wire at the same moment.
    expected: {
      client: [
        expect(
          ['close-during-kex', 'rst-after-banner'],
          ['server', 'path'],
          'rst-injected',
          'rejected-by-firewall',
        ),
      ],
      server: [
        orSilent(
          expect(
            // Open where the client's own reset did not come through any more.
            ['close-during-kex', 'rst-after-banner', 'open'],
            ['client', 'path', 'nobody'],
            'rst-injected',
            'rejected-by-firewall',
            'path-mtu-black-hole',
          ),
          'the reset that comes here is of the client’s own kernel',
        ),
      ],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([`tcp dport ${lab.port} ip length > 600 reject with tcp reset`]);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'icmp-during-kex',
    made: 'The router refuses the client’s KEXINIT with ICMP administratively prohibited.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('icmp-during-kex', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
      server: [
        orSilent(
          expect(['open', 'stalled-during-kex'], 'nobody', 'path-mtu-black-hole'),
          'only that a large packet is missing shows here',
        ),
      ],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([
        `tcp dport ${lab.port} ip length > 600 reject with icmp type admin-prohibited`,
      ]);
      await lab.capture();
      lab.ssh();
      await sleep(6_000);
    },
  },
  {
    name: 'stalled-during-kex-path-mtu',
    made: 'The path to the server takes 1000 bytes and the ICMP that says so is dropped; a ping 17 s later.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: both(expect('stalled-during-kex', 'nobody', 'path-mtu-black-hole')),
    run: async (lab) => {
      await lab.sshd();
      await narrow(lab, 'r1');
      await lab.capture();
      lab.ssh();
      await lab.silence();
    },
  },
  {
    name: 'stalled-during-kex-path-mtu-from-server',
    made: 'The path to the client takes 1000 bytes and the ICMP that says so is dropped; a ping 17 s later.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [
        orSilent(
          expect('stalled-during-kex', 'nobody', 'path-mtu-black-hole', 'server-hung'),
          'nothing of what is missing shows here',
        ),
      ],
      server: [expect('stalled-during-kex', 'nobody', 'path-mtu-black-hole')],
    },
    run: async (lab) => {
      await lab.sshd();
      await narrow(lab, 'r0');
      await lab.capture();
      lab.ssh();
      await lab.silence();
    },
  },
  {
    name: 'stalled-during-kex-server-stopped',
    made: 'The router holds the client’s key exchange message back until the sshd process of the connection is stopped (SIGSTOP). A ping 17 s later.',
    place: 'server',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: both(expect('stalled-during-kex', 'nobody', 'server-hung')),
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([`tcp dport ${lab.port} ip length 1220-1300 drop`]);
      await lab.capture();
      lab.ssh();
      await sleep(2_500);
      await lab.signalSessions('SIGSTOP');
      await lab.network.run('router', 'nft', 'flush ruleset');
      await lab.silence();
    },
  },
];

/** Locks the path MTU of one direction below the segments' size, without a word to the sender. */
export async function narrow({ network, plan }: Lab, device: 'r0' | 'r1', silent = true): Promise<void> {
  const prefix = device === 'r0' ? plan.clientNet : plan.serverNet;
  const route = `route change ${prefix}.0/24 dev ${device} src ${prefix}.1 mtu lock 1000`;
  await network.run('router', 'ip', ...route.split(' '));
  if (silent) await network.firewall(['icmp type destination-unreachable drop'], 'output');
}
