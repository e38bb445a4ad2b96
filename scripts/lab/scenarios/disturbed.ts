import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.ts';
import { PASSWORD_ONLY } from '../lab.ts';
import { until } from '../network.ts';
import { both, COMPLETED, expect, OPEN, orSilent, type Scenario, times } from '../scenario.ts';
import { narrow } from './key-exchange.ts';

const TALKATIVE = 'while sleep 0.3; do date; done';
const WIRE = ['r0', 'r1'];
const injected = ['rst-injected', 'rejected-by-firewall'];

/** What happens on the way, and around the server's processes, at a moment that a wire of ours chooses. */
export const DISTURBED: readonly Scenario[] = [
  {
    name: 'close-during-kex-forged-reset',
    made: 'A device on the path forges resets to both ends (hop limit 128) when the client’s key exchange message passes.',
    place: 'path',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: {
      client: [expect('close-during-kex', ['path', 'server'], ...injected)],
      server: [expect('close-during-kex', ['path', 'client'], ...injected)],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.wire(...WIRE, '--hops', '128', '--at', 'c:30', 'reset-both');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'close-during-kex-forged-reset-to-client',
    made: 'A device on the path forges a reset to the client (hop limit 250) when its proposal passes.',
    place: 'path',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: {
      client: [expect(['close-during-kex', 'rst-after-banner'], ['path', 'server'], ...injected)],
      server: [
        orSilent(
          expect(['close-during-kex', 'rst-after-banner'], ['client', 'path'], ...injected),
          'the client’s kernel resets what comes later',
        ),
      ],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.wire(...WIRE, '--hops', '250', '--at', 'c:20', 'reset-client');
      await lab.capture();
      await lab.ssh().ended;
      await sleep(500);
    },
  },
  {
    name: 'reset-in-session-forged',
    made: 'A device on the path forges resets to both ends (hop limit 128) while a client is logged in.',
    place: 'path',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: {
      client: [expect('reset-in-session', ['path', 'server'], ...injected)],
      server: [expect('reset-in-session', ['path', 'client'], ...injected)],
    },
    run: async (lab) => {
      await lab.sshd();
      const wire = await lab.wire(...WIRE, '--hops', '128', '--at', 'c:255', 'reset-both');
      await lab.capture();
      const client = await lab.loggedIn({ command: TALKATIVE });
      await sleep(1_000);
      wire.signal('SIGUSR1');
      await client.ended;
      await sleep(500);
    },
  },
  {
    name: 'stalled-during-kex-path-lost',
    made: 'The path dies in both directions when the client’s proposal has come to it.',
    place: 'path',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: {
      client: [orSilent(expect('stalled-during-kex', 'nobody', 'path-lost'), 'one side, one direction')],
      // Nothing comes there any more, not even a later packet that would show how long.
      server: [
        orSilent(expect(['stalled-during-kex', 'open'], 'nobody', 'path-lost'), 'one side, one direction'),
      ],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.wire(...WIRE, '--at', 'c:20', 'cut');
      await lab.capture();
      lab.ssh();
      await sleep(18_000);
    },
  },
  {
    name: 'close-during-kex-server-killed-at-proposal',
    made: 'The sshd process of a connection is killed when the client’s proposal has left it.',
    place: 'server',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: both(expect('close-during-kex', 'server', 'server-process-died')),
    run: (lab) => killedAt(lab, 'c:20'),
  },
  {
    name: 'close-during-kex-server-killed-at-reply',
    made: 'The sshd process of a connection is killed when its key exchange reply has left it.',
    place: 'server',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: both(expect(['close-during-kex', 'close-during-auth'], 'server', 'server-process-died')),
    run: (lab) => killedAt(lab, 's:31'),
  },
  {
    name: 'close-during-auth-server-killed',
    made: 'The sshd process of a connection is killed while the user is asked for a password.',
    place: 'server',
    programs: ['ssh', 'sshd'],
    expected: both(
      orSilent(expect('close-during-auth', 'server', 'server-process-died'), 'as LoginGraceTime would'),
    ),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const asked = `${lab.folder}/asked`;
      const environment = lab.typing(`touch ${asked}; sleep 4; echo wrong 2>/dev/null`);
      const client = lab.ssh({ environment, settings: [...PASSWORD_ONLY, 'NumberOfPasswordPrompts=1'] });
      await until('the prompt', () => lab.has('asked'));
      await sleep(2_300);
      await lab.signalSessions('SIGKILL');
      await client.ended;
    },
  },
  {
    name: 'completed-fifty-on-a-bad-path',
    made: 'Fifty logins at once over a path that delays, loses 2 %, reorders 5 % and duplicates 2 %.',
    place: 'path',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    large: true,
    expected: both(...times(50, COMPLETED)),
    run: async (lab) => {
      await badPath(lab);
      const clients = [];
      for (let n = 0; n < 50; n++) clients.push(lab.ssh({ command: 'head -c 20000 /dev/zero' }));
      await Promise.all(clients.map(({ ended }) => ended));
      await sleep(3_000);
    },
  },
  {
    name: 'completed-five-on-a-bad-path',
    made: 'Five logins at once over a path that delays, loses 2 %, reorders 5 % and duplicates 2 %.',
    place: 'path',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: both(...times(5, COMPLETED)),
    run: async (lab) => {
      await badPath(lab);
      await Promise.all(Array.from({ length: 5 }, () => lab.ssh().ended));
      await sleep(2_000);
    },
  },
  {
    name: 'completed-twelve-on-a-damaging-path',
    made: 'Twelve logins one after the other over a path that turns over a bit in 10 % of all packets.',
    place: 'path',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    large: true,
    expected: both(...times(12, COMPLETED)),
    run: async (lab) => {
      await lab.sshd();
      await lab.wire(...WIRE, '--delay', '5', '--corrupt', '10');
      await lab.capture();
      for (let n = 0; n < 12; n++) await lab.ssh({ command: 'head -c 20000 /dev/zero' }).ended;
      await sleep(2_000);
    },
  },
  {
    name: 'lost-in-session-path-mtu',
    made: 'The path to the client becomes narrower than the segments after the login, without a word; then 30 kB of output.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [
        orSilent(
          expect(['open', 'lost-in-session'], 'nobody', 'path-mtu-black-hole'),
          'nothing is owed to the client’s knowledge',
        ),
      ],
      server: [expect('lost-in-session', 'nobody', 'path-mtu-black-hole')],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.loggedIn({ command: 'sleep 2; head -c 30000 /dev/zero; sleep 60' });
      await narrow(lab, 'r0');
      await sleep(18_000);
    },
  },
  {
    name: 'lost-in-session-idle-firewall',
    made: 'The router forgets connections that were quiet for six seconds and drops what it does not know; the client speaks after 14 s.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('lost-in-session', 'nobody', 'idle-time-out-on-path')],
      server: [OPEN],
    },
    run: async (lab) => {
      await lab.sshd();
      await forgetful(lab, 'drop');
      await lab.capture();
      await lab.loggedIn({ settings: ['ServerAliveInterval=14', 'ServerAliveCountMax=100'] });
      await sleep(30_000);
    },
  },
  {
    name: 'reset-in-session-idle-firewall-server-speaks',
    made: 'The router forgets connections that were quiet for six seconds and resets what it does not know; the server speaks after 14 s.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [OPEN],
      server: [expect('reset-in-session', ['client', 'path'], 'idle-time-out-on-path', 'rst-injected')],
    },
    run: async (lab) => {
      await lab.sshd();
      await forgetful(lab, 'reject with tcp reset');
      await lab.capture();
      await lab.loggedIn({ command: 'sleep 14; echo late; sleep 60' });
      await sleep(16_000);
    },
  },
  {
    name: 'completed-port-mapped',
    made: 'The router maps another port of the server’s address to its SSH port.',
    place: 'nowhere',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: both(COMPLETED),
    run: async (lab) => {
      const { network, plan } = lab;
      await lab.sshd();
      await network.run('router', 'nft', 'add table ip lab');
      await network.run('router', 'nft', 'add chain ip lab pre { type nat hook prerouting priority -100; }');
      const rule = `add rule ip lab pre ip daddr ${plan.server} tcp dport ${plan.otherPort} redirect to :1`;
      await network.run(
        'router',
        'nft',
        rule.replace('redirect to :1', `dnat to ${plan.server}:${lab.port}`),
      );
      await lab.captureAt('client', 'c0', { port: plan.otherPort });
      await lab.captureAt('server', 's0');
      await lab.ssh({ port: plan.otherPort }).ended;
    },
  },
  {
    name: 'completed-port-2222',
    made: 'sshd on port 2222, or another such.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: both(COMPLETED),
    run: async (lab) => {
      const port = lab.plan.otherPort;
      await lab.sshd([], { port });
      await lab.capture({ port });
      await lab.ssh({ port }).ended;
    },
  },
  {
    name: 'completed-vlan',
    made: 'A good login with 802.1Q tags on a link in between, where it is captured too.',
    place: 'nowhere',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: { ...both(COMPLETED), router: [COMPLETED] },
    run: (lab) => tagged(lab, '--tag', '42'),
  },
  {
    name: 'completed-vlan-in-vlan',
    made: 'A good login with two tags (802.1ad) on a link in between, where it is captured too.',
    place: 'nowhere',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: { ...both(COMPLETED), router: [COMPLETED] },
    run: (lab) => tagged(lab, '--tag', '42', '--outer-tag', '100'),
  },
  {
    name: 'completed-vxlan',
    made: 'A good login inside VXLAN, captured outside of it.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: both(COMPLETED),
    run: async (lab) => {
      const { network, plan } = lab;
      const [inner, ends] = ['10.200.7', { client: plan.client, server: plan.server }];
      for (const [host, local, remote, last] of [
        ['client', ends.client, ends.server, 1],
        ['server', ends.server, ends.client, 2],
      ] as const) {
        const device = host === 'client' ? 'c0' : 's0';
        const words = `link add vx0 type vxlan id 42 local ${local} remote ${remote} dstport 4789 dev ${device}`;
        await network.run(host, 'ip', ...words.split(' '));
        await network.run(host, 'ip', 'addr', 'add', `${inner}.${last}/24`, 'dev', 'vx0');
        await network.run(host, 'ip', 'link', 'set', 'vx0', 'up');
      }
      await lab.sshd();
      await lab.capture({ filter: 'udp port 4789' });
      const settings = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
      await lab.ssh({ address: `${inner}.2`, settings }).ended;
    },
  },
];

async function killedAt(lab: Lab, moment: string): Promise<void> {
  await lab.sshd();
  const pids = `$(ip netns pids ${lab.network.nameOf('server')})`;
  const kill = `for p in ${pids}; do grep -qa '^sshd: .*net' /proc/$p/cmdline && kill -9 $p; grep -qa '^sshd: .*priv' /proc/$p/cmdline && kill -9 $p; done; true`;
  await lab.wire('r0', 'r1', '--delay', '100', '--at', moment, kill);
  await lab.capture();
  await lab.ssh().ended;
  await sleep(500);
}

async function badPath(lab: Lab): Promise<void> {
  await lab.sshd(['MaxStartups 200']);
  await lab.wire(...WIRE, '--delay', '10', '--jitter', '10', '--loss', '2', '--reorder', '5', '--dup', '2');
  await lab.capture();
}

async function forgetful({ network }: Lab, otherwise: string): Promise<void> {
  await network.sysctl('router', 'net.netfilter.nf_conntrack_tcp_loose=0');
  await network.firewall([
    `ct state invalid ${otherwise}`,
    `ct state new tcp flags & (syn | ack) != syn ${otherwise}`,
    'ct state established,related accept',
  ]);
  await network.sysctl('router', 'net.netfilter.nf_conntrack_tcp_timeout_established=6');
}

/** Two wires with a link in between: tags are put on by the first and taken off by the second. */
async function tagged(lab: Lab, ...tags: readonly string[]): Promise<void> {
  await lab.sshd();
  await lab.cableInBetween();
  await lab.wire('r0', 'm0', ...tags);
  await lab.wire('r1', 'm1', ...tags);
  // All of it: tcpdump looks for tags by what its filter says of them.
  await lab.captureAt('router', 'm1', { filter: '' });
  await lab.capture();
  await lab.ssh().ended;
}
