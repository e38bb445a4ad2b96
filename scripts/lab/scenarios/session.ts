import { setTimeout as sleep } from 'node:timers/promises';
import { clientRun, type Lab } from '../lab.ts';
import { ADDRESS, type Argv } from '../network.ts';
import { expect, type Scenario } from '../scenario.ts';

const completed = expect('completed', 'client');
const TALKATIVE = 'while sleep 0.5; do date; done';
const KEEPALIVE = ['ServerAliveInterval=2', 'ServerAliveCountMax=100'];
const UNTRUSTING = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];

/** A login of some client at some server, one command, goodbye. */
const login = (
  name: string,
  made: string,
  programs: Scenario['programs'],
  run: (lab: Lab) => Promise<Argv>,
  expected = completed,
): Scenario => ({
  name,
  made,
  programs,
  sessions: [expected],
  run: async (lab) => {
    const argv = await run(lab);
    await lab.capture();
    return clientRun(await lab.network.start('client', argv, { environment: { HOME: lab.keys.home } }).ended);
  },
});

/** Logged in. */
export const SESSION: readonly Scenario[] = [
  login('completed', 'Login with a key, one command, logout.', ['ssh', 'sshd'], async (lab) => {
    await lab.sshd();
    return lab.sshArgv({ command: 'echo hello' });
  }),
  login('completed-ipv6', 'The same over IPv6.', ['ssh', 'sshd'], async (lab) => {
    await lab.sshd();
    return lab.sshArgv({ command: 'echo hello', address: ADDRESS.server6 });
  }),
  login('completed-dropbear-server', 'ssh at a dropbear server.', ['ssh', 'dropbear'], async (lab) => {
    await lab.serve(`exec dropbear -F -E -s -p 22 -r ${lab.keys.dropbearHost}`, [[lab.keys.home, '/root']]);
    return lab.sshArgv({ command: 'echo hello', settings: UNTRUSTING });
  }),
  login(
    'completed-tinyssh-server',
    'ssh at a tinysshd server behind socat.',
    ['ssh', 'tinysshd', 'socat'],
    async (lab) => {
      await lab.serve(`exec socat TCP4-LISTEN:22,fork,reuseaddr EXEC:"tinysshd ${lab.keys.tinysshHost}"`, [
        [lab.keys.home, '/root'],
      ]);
      return lab.sshArgv({ command: 'echo hello', settings: UNTRUSTING });
    },
  ),
  login(
    'completed-dbclient',
    'dbclient, which guesses the key exchange, at sshd.',
    ['dbclient', 'sshd'],
    async (lab) => {
      await lab.sshd();
      return ['dbclient', '-y', '-y', '-i', lab.keys.dropbearClient, `root@${ADDRESS.server}`, 'echo hello'];
    },
  ),
  login('completed-putty', 'plink of PuTTY at sshd.', ['plink', 'sshd'], async (lab) => {
    await lab.sshd();
    const lines = await lab.network.run('client', 'ssh-keygen', '-lf', lab.keys.host[0] ?? '');
    const fingerprint = /SHA256:\S+/.exec(lines)?.[0] ?? '';
    return [
      ...(['plink', '-batch', '-ssh', '-hostkey', fingerprint, '-i', lab.keys.puttyClient] as const),
      ...[`root@${ADDRESS.server}`, 'echo hello'],
    ];
  }),
  login(
    'completed-on-a-lossy-path',
    'The router loses one packet in twelve.',
    ['ssh', 'sshd', 'nftables'],
    async (lab) => {
      await lab.sshd();
      await lab.network.firewall([
        'tcp sport 22 numgen random mod 12 0 drop',
        'tcp dport 22 numgen random mod 12 0 drop',
      ]);
      return lab.sshArgv({ command: 'head -c 20000 /dev/zero' });
    },
  ),
  login(
    'completed-slow-banner',
    'sshd is stopped (SIGSTOP) for six seconds before it answers.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd();
      await lab.signalListener('SIGSTOP');
      setTimeout(() => lab.signalListener('SIGCONT'), 6_500);
      return lab.sshArgv({ command: 'echo hello' });
    },
    expect('completed', 'client', 'slow-banner'),
  ),
  {
    name: 'completed-client-killed',
    made: 'The client is killed (SIGKILL): its FIN comes without a goodbye.',
    programs: ['ssh', 'sshd'],
    sessions: [completed],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await lab.loggedIn();
      return clientRun(await client.stop('SIGKILL'));
    },
  },
  {
    name: 'closed-in-session',
    made: 'The sshd processes of the session are killed.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('closed-in-session', 'server', 'server-process-died')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await lab.loggedIn();
      await lab.signalSessions('SIGKILL');
      return clientRun(await client.ended);
    },
  },
  {
    name: 'closed-in-session-client-alive',
    made: 'ClientAliveInterval 2, ClientAliveCountMax 2; the client is stopped (SIGSTOP).',
    programs: ['ssh', 'sshd'],
    sessions: [expect('closed-in-session', 'server', 'keepalive-failed')],
    run: async (lab) => {
      await lab.sshd(['ClientAliveInterval 2', 'ClientAliveCountMax 2']);
      await lab.capture();
      const client = await lab.loggedIn();
      client.signal('SIGSTOP');
      await sleep(14_000);
      await lab.endCapture();
      client.signal('SIGCONT');
      return clientRun(await client.ended);
    },
  },
  {
    name: 'reset-in-session-server-restarted',
    made: 'The server’s machine is thrown away and made anew while two clients are logged in; their keepalives meet a reset.',
    programs: ['ssh', 'sshd'],
    sessions: Array(2).fill(expect('reset-in-session', 'server', 'server-restarted')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const settings = ['ServerAliveInterval=3'];
      const clients = [await lab.loggedIn({ settings }), await lab.loggedIn({ settings })];
      await lab.network.restartServer();
      const [first] = await Promise.all(clients.map(({ ended }) => ended));
      return first && clientRun(first);
    },
  },
  {
    name: 'reset-in-session-idle-firewall',
    made: 'The router forgets connections that were quiet for ten seconds and resets what it does not know; the client speaks after 25 s.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [
      {
        fate: ['reset-in-session'],
        endedBy: ['server', 'path'],
        cause: ['idle-time-out-on-path', 'rst-injected'],
      },
    ],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.sysctl('router', 'net.netfilter.nf_conntrack_tcp_loose=0');
      await lab.network.firewall([
        'ct state invalid reject with tcp reset',
        'ct state new tcp flags & (syn | ack) != syn reject with tcp reset',
        'ct state established,related accept',
      ]);
      await lab.network.sysctl('router', 'net.netfilter.nf_conntrack_tcp_timeout_established=10');
      await lab.capture();
      return clientRun(await lab.ssh({ command: 'sleep 60', settings: ['ServerAliveInterval=25'] }).ended);
    },
  },
  {
    name: 'reset-in-session-firewall',
    made: 'A rule that resets what goes to port 22 is added to the router while a client is logged in.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [
      {
        fate: ['reset-in-session'],
        endedBy: ['server', 'path'],
        cause: ['rst-injected', 'rejected-by-firewall'],
      },
    ],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await lab.loggedIn({ command: TALKATIVE });
      await lab.network.firewall(['tcp dport 22 reject with tcp reset']);
      return clientRun(await client.ended);
    },
  },
  {
    name: 'lost-in-session-keepalive',
    made: 'The router begins to drop everything; ServerAliveInterval 2, ServerAliveCountMax 3 ends the client.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [
      // Its FIN waits behind the data that nobody acknowledges, and seldom gets on the wire.
      { fate: ['lost-in-session'], endedBy: ['client', 'nobody'], cause: ['keepalive-failed', 'path-lost'] },
    ],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await lab.loggedIn({ settings: ['ServerAliveInterval=2', 'ServerAliveCountMax=3'] });
      await lab.network.firewall(['tcp dport 22 drop', 'tcp sport 22 drop']);
      return clientRun(await client.ended);
    },
  },
  {
    name: 'lost-in-session-outage',
    made: 'The router begins to drop everything while three clients are logged in; seen at the server, which has output for them.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: Array(3).fill(expect('lost-in-session', 'nobody', 'path-lost')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ at: 'server' });
      for (let n = 0; n < 3; n++) await lab.loggedIn({ command: TALKATIVE });
      await lab.network.firewall(['tcp dport 22 drop', 'tcp sport 22 drop']);
      await sleep(12_000);
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'icmp-in-session',
    made: 'The router loses its link to the server while a client is logged in.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('icmp-in-session', 'path', 'icmp-network-unreachable', 'path-lost')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.loggedIn({ settings: KEEPALIVE });
      await lab.network.run('router', 'ip', 'link', 'set', 'r1', 'down');
      await sleep(8_000);
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'open',
    made: 'The capture ends while a client is logged in.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('open', 'nobody')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.loggedIn();
      await lab.endCapture();
      return undefined;
    },
  },
];
