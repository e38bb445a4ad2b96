import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.ts';
import type { Argv } from '../network.ts';
import { at, both, COMPLETED, expect, OPEN, type Scenario, times } from '../scenario.ts';

const TALKATIVE = 'while sleep 0.5; do date; done';
const KEEPALIVE = ['ServerAliveInterval=2', 'ServerAliveCountMax=100'];
const UNTRUSTING = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];

/** A login of some client at some server, one command, goodbye. */
const login = (
  name: string,
  made: string,
  programs: Scenario['programs'],
  run: (lab: Lab) => Promise<Argv>,
  expected = COMPLETED,
): Scenario => ({
  name,
  made,
  programs,
  place: 'nowhere',
  expected: both(expected),
  run: async (lab) => {
    const argv = await run(lab);
    await lab.capture();
    await lab.client(argv).ended;
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
    return lab.sshArgv({ command: 'echo hello', address: lab.plan.server6 });
  }),
  login('completed-dropbear-server', 'ssh at a dropbear server.', ['ssh', 'dropbear'], async (lab) => {
    await lab.serve(`exec dropbear -F -E -s -p ${lab.port} -r ${lab.keys.dropbearHost}`, [
      [lab.keys.home, '/root'],
    ]);
    return lab.sshArgv({ command: 'echo hello', settings: UNTRUSTING });
  }),
  login(
    'completed-tinyssh-server',
    'ssh at a tinysshd server behind socat.',
    ['ssh', 'tinysshd', 'socat'],
    async (lab) => {
      await lab.serve(
        `exec socat TCP4-LISTEN:${lab.port},fork,reuseaddr EXEC:"tinysshd ${lab.keys.tinysshHost}"`,
        [[lab.keys.home, '/root']],
      );
      return lab.sshArgv({ command: 'echo hello', settings: UNTRUSTING });
    },
  ),
  login(
    'completed-dbclient',
    'dbclient, which guesses the key exchange, at sshd.',
    ['dbclient', 'sshd'],
    async (lab) => {
      await lab.sshd();
      return [
        'dbclient',
        '-y',
        '-y',
        '-p',
        `${lab.port}`,
        '-i',
        lab.keys.dropbearClient,
        `root@${lab.plan.server}`,
        'echo hello',
      ];
    },
  ),
  login('completed-putty', 'plink of PuTTY at sshd.', ['plink', 'sshd'], async (lab) => {
    await lab.sshd();
    const lines = await lab.network.run('client', 'ssh-keygen', '-lf', lab.keys.host[0] ?? '');
    const fingerprint = /SHA256:\S+/.exec(lines)?.[0] ?? '';
    return [
      ...([
        'plink',
        '-batch',
        '-ssh',
        '-P',
        `${lab.port}`,
        '-hostkey',
        fingerprint,
        '-i',
        lab.keys.puttyClient,
      ] as const),
      ...[`root@${lab.plan.server}`, 'echo hello'],
    ];
  }),
  login(
    'completed-on-a-lossy-path',
    'The router loses one packet in twelve.',
    ['ssh', 'sshd', 'nftables'],
    async (lab) => {
      await lab.sshd();
      await lab.network.firewall([
        `tcp sport ${lab.port} numgen random mod 12 0 drop`,
        `tcp dport ${lab.port} numgen random mod 12 0 drop`,
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
    at('server', expect('completed', 'client', 'slow-banner')),
  ),
  {
    name: 'completed-client-killed',
    made: 'The client is killed (SIGKILL): its FIN comes without a goodbye.',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(COMPLETED),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await lab.loggedIn();
      await client.stop('SIGKILL');
    },
  },
  {
    name: 'closed-in-session',
    made: 'The sshd processes of the session are killed.',
    place: 'server',
    programs: ['ssh', 'sshd'],
    expected: both(expect('closed-in-session', 'server', 'server-process-died')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await lab.loggedIn();
      await lab.signalSessions('SIGKILL');
      await client.ended;
    },
  },
  {
    name: 'closed-in-session-client-alive',
    made: 'ClientAliveInterval 2, ClientAliveCountMax 2; the client is stopped (SIGSTOP).',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(expect('closed-in-session', 'server', 'keepalive-failed')),
    run: async (lab) => {
      await lab.sshd(['ClientAliveInterval 2', 'ClientAliveCountMax 2']);
      await lab.capture();
      const client = await lab.loggedIn();
      client.signal('SIGSTOP');
      await sleep(14_000);
      await lab.endCapture();
      client.signal('SIGCONT');
      await client.ended;
    },
  },
  {
    name: 'reset-in-session-server-restarted',
    made: 'The server’s machine is thrown away and made anew while two clients are logged in; their keepalives meet a reset.',
    place: 'server',
    programs: ['ssh', 'sshd'],
    expected: {
      client: times(2, expect('reset-in-session', 'server', 'server-restarted')),
      server: times(2, OPEN),
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const settings = ['ServerAliveInterval=3'];
      const clients = [await lab.loggedIn({ settings }), await lab.loggedIn({ settings })];
      await lab.network.restartServer();
      await Promise.all(clients.map(({ ended }) => ended));
    },
  },
  {
    name: 'reset-in-session-idle-firewall',
    made: 'The router forgets connections that were quiet for ten seconds and resets what it does not know; the client speaks after 25 s.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('reset-in-session', ['server', 'path'], 'idle-time-out-on-path', 'rst-injected')],
      server: [OPEN],
    },
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
      await lab.ssh({ command: 'sleep 60', settings: ['ServerAliveInterval=25'] }).ended;
    },
  },
  {
    name: 'reset-in-session-firewall',
    made: 'A rule that resets what goes to the SSH port is added to the router while a client is logged in.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('reset-in-session', ['server', 'path'], 'rst-injected', 'rejected-by-firewall')],
      server: [expect('lost-in-session', 'nobody', 'path-lost')],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await lab.loggedIn({ command: TALKATIVE });
      await lab.network.firewall([`tcp dport ${lab.port} reject with tcp reset`]);
      await client.ended;
      // What the server has to say next stays unanswered.
      await sleep(4_000);
    },
  },
  {
    name: 'lost-in-session-keepalive',
    made: 'The router begins to drop everything; ServerAliveInterval 2, ServerAliveCountMax 3 ends the client.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('lost-in-session', ['client', 'nobody'], 'keepalive-failed', 'path-lost')],
      server: [OPEN],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await lab.loggedIn({ settings: ['ServerAliveInterval=2', 'ServerAliveCountMax=3'] });
      await lab.network.firewall([`tcp dport ${lab.port} drop`, `tcp sport ${lab.port} drop`]);
      await client.ended;
    },
  },
  {
    name: 'lost-in-session-outage',
    made: 'The router begins to drop everything while three clients are logged in, which has output for them.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: { client: times(3, OPEN), server: times(3, expect('lost-in-session', 'nobody', 'path-lost')) },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      for (let n = 0; n < 3; n++) await lab.loggedIn({ command: TALKATIVE });
      await lab.network.firewall([`tcp dport ${lab.port} drop`, `tcp sport ${lab.port} drop`]);
      await sleep(12_000);
    },
  },
  {
    name: 'icmp-in-session',
    made: 'The router loses its link to the server while a client is logged in.',
    place: 'path',
    programs: ['ssh', 'sshd'],
    expected: {
      client: [expect('icmp-in-session', 'path', 'icmp-network-unreachable', 'path-lost')],
      server: [OPEN],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.loggedIn({ settings: KEEPALIVE });
      await lab.network.run('router', 'ip', 'link', 'set', 'r1', 'down');
      await sleep(8_000);
    },
  },
  {
    name: 'open',
    made: 'The capture ends while a client is logged in.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: both(OPEN),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.loggedIn();
    },
  },
];
