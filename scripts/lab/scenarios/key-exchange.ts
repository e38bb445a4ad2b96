import { setTimeout as sleep } from 'node:timers/promises';
import { clientRun } from '../lab.ts';
import { ADDRESS } from '../network.ts';
import { expect, type Scenario } from '../scenario.ts';

/** Both ends speak SSH and find no common `what`. */
const noCommon = (
  what: string,
  cause: string,
  server: readonly string[],
  client: readonly string[],
): Scenario => ({
  name: `close-during-kex-no-common-${what}`,
  made: `sshd with ${server.join(', ')}; ssh with ${client.join(', ')}.`,
  programs: ['ssh', 'sshd'],
  // Each side finds out by itself, and which FIN comes first is chance.
  sessions: [{ fate: ['close-during-kex'], endedBy: ['both', 'client', 'server'], cause: [cause] }],
  run: async (lab) => {
    await lab.sshd(server);
    await lab.capture();
    return clientRun(await lab.ssh({ settings: client }).ended);
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
    programs: ['ssh', 'sshd'],
    sessions: [expect('close-during-kex', 'client', 'host-key-rejected')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const settings = [`UserKnownHostsFile=${lab.keys.wrongKnownHosts}`, 'HostKeyAlgorithms=ssh-ed25519'];
      return clientRun(await lab.ssh({ settings }).ended);
    },
  },
  {
    name: 'close-during-kex-host-key-unknown',
    made: 'StrictHostKeyChecking=yes and an empty known_hosts.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('close-during-kex', 'client', 'host-key-rejected')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      return clientRun(await lab.ssh({ settings: ['UserKnownHostsFile=/dev/null'] }).ended);
    },
  },
  {
    name: 'close-during-kex-keyscan',
    made: 'ssh-keyscan for two kinds of host key.',
    programs: ['ssh-keyscan', 'sshd'],
    sessions: Array(2).fill(expect('close-during-kex', 'client', 'banner-grab', 'host-key-rejected', 'scan')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.run('client', 'ssh-keyscan', '-T', '5', '-t', 'ed25519,rsa', ADDRESS.server);
      return undefined;
    },
  },
  {
    name: 'close-during-kex-server-killed',
    made: 'The router drops the client’s key exchange message, and the sshd process of the connection is killed.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('close-during-kex', 'server', 'server-process-died')],
    run: async (lab) => {
      await lab.sshd();
      // With sntrup761 the client's SSH_MSG_KEX_ECDH_INIT has 1208 bytes, unlike any other segment of the session.
      await lab.network.firewall(['tcp dport 22 ip length 1220-1300 drop']);
      await lab.capture();
      const client = lab.ssh();
      await sleep(2_500);
      await lab.signalSessions('SIGKILL');
      return clientRun(await client.ended);
    },
  },
  {
    name: 'kex-reset-by-firewall',
    made: 'The router answers the client’s KEXINIT with a reset.',
    programs: ['ssh', 'sshd', 'nftables'],
    // The server's KEXINIT and the forged reset are on the wire at the same moment.
    sessions: [
      {
        fate: ['close-during-kex', 'rst-after-banner'],
        endedBy: ['server', 'path'],
        cause: ['rst-injected', 'rejected-by-firewall'],
      },
    ],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall(['tcp dport 22 ip length > 600 reject with tcp reset']);
      await lab.capture();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'icmp-during-kex',
    made: 'The router refuses the client’s KEXINIT with ICMP administratively prohibited.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('icmp-during-kex', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall(['tcp dport 22 ip length > 600 reject with icmp type admin-prohibited']);
      await lab.capture();
      lab.ssh();
      await sleep(6_000);
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'stalled-during-kex-path-mtu',
    made: 'The path to the server takes 1000 bytes and the ICMP that says so is dropped; a ping 17 s later.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('stalled-during-kex', 'nobody', 'path-mtu-black-hole')],
    run: async (lab) => {
      await lab.sshd();
      await narrow(lab.network, 'r1', '198.51.100');
      await lab.capture();
      lab.ssh();
      await lab.silence();
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'stalled-during-kex-path-mtu-from-server',
    made: 'The path to the client takes 1000 bytes and the ICMP that says so is dropped; seen at the server, a ping 17 s later.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('stalled-during-kex', 'nobody', 'path-mtu-black-hole')],
    run: async (lab) => {
      await lab.sshd();
      await narrow(lab.network, 'r0', '192.0.2');
      await lab.capture({ at: 'server' });
      lab.ssh();
      await lab.silence();
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'stalled-during-kex-server-stopped',
    made: 'The router holds the client’s key exchange message back until the sshd process of the connection is stopped (SIGSTOP). A ping 17 s later.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('stalled-during-kex', 'nobody', 'server-hung')],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall(['tcp dport 22 ip length 1220-1300 drop']);
      await lab.capture();
      lab.ssh();
      await sleep(2_500);
      await lab.signalSessions('SIGSTOP');
      await lab.network.run('router', 'nft', 'flush ruleset');
      await lab.silence();
      await lab.endCapture();
      return undefined;
    },
  },
];

/** Locks the path MTU of one direction below the segments' size, without a word to the sender. */
async function narrow(
  network: {
    run: (host: 'router', ...argv: [string, ...string[]]) => Promise<string>;
    firewall: (rules: string[], hook: 'output') => Promise<void>;
  },
  device: string,
  prefix: string,
): Promise<void> {
  const route = `route change ${prefix}.0/24 dev ${device} src ${prefix}.1 mtu lock 1000`;
  await network.run('router', 'ip', ...route.split(' '));
  await network.firewall(['icmp type destination-unreachable drop'], 'output');
}
