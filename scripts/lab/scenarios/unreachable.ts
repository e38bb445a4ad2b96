import { setTimeout as sleep } from 'node:timers/promises';
import { at, both, COMPLETED, expect, OPEN, type Scenario, times } from '../scenario.ts';

const PROHIBITED = ['icmp-admin-prohibited', 'rejected-by-firewall'];
const filtered = expect('no-syn-ack', 'nobody', 'filtered');
const refused = expect('rst-after-syn', 'server', 'port-closed');
const toClient = (...client: Scenario['expected']['client'] & object): Scenario['expected'] => ({
  client,
  server: [],
});

/** More ways not to be connected: by other programs, over IPv6, without a host, for some sources only. */
export const UNREACHABLE: readonly Scenario[] = [
  {
    name: 'no-syn-ack-ipv6',
    made: 'The router drops what goes to the SSH port; IPv6.',
    place: 'path',
    programs: ['ssh', 'nftables'],
    expected: toClient(filtered),
    run: async (lab) => {
      await lab.network.firewall([`tcp dport ${lab.port} drop`]);
      await lab.capture();
      await lab.ssh({ address: lab.plan.server6, settings: ['ConnectTimeout=6'] }).ended;
    },
  },
  {
    name: 'no-syn-ack-black-hole-route',
    made: 'The router has a blackhole route for the server.',
    place: 'path',
    programs: ['ssh'],
    expected: toClient(filtered),
    run: async (lab) => {
      await lab.network.run('router', 'ip', 'route', 'add', 'blackhole', `${lab.plan.server}/32`);
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=6'] }).ended;
    },
  },
  {
    name: 'no-syn-ack-plink',
    made: 'The router drops what goes to the SSH port; plink, stopped after eight seconds.',
    place: 'path',
    programs: ['plink', 'nftables'],
    expected: toClient(filtered),
    run: async (lab) => {
      await lab.network.firewall([`tcp dport ${lab.port} drop`]);
      await lab.capture();
      const client = lab.client(['plink', '-batch', '-P', `${lab.port}`, `root@${lab.plan.server}`]);
      await sleep(8_000);
      await client.stop();
    },
  },
  {
    name: 'no-syn-ack-subnet-dropped',
    made: 'The router drops what comes from one network of clients; clients of another get in.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [filtered, COMPLETED, filtered, COMPLETED, filtered],
      server: [COMPLETED, COMPLETED],
    },
    run: async (lab) => {
      const { guestNet, guests, neighbours } = lab.plan;
      await lab.sshd();
      await lab.network.firewall([`ip saddr ${guestNet}.0/24 drop`]);
      await lab.capture();
      const from = [guests[0], neighbours[0], guests[1], neighbours[1], guests[2]];
      for (const address of from) {
        await lab.ssh({ settings: [`BindAddress=${address}`, 'ConnectTimeout=4'] }).ended;
      }
    },
  },
  {
    name: 'no-syn-ack-host-gone',
    made: 'Client and server are on one link; the server’s goes down, and the client’s ARP requests stay unanswered.',
    place: 'server',
    topology: 'bridged',
    programs: ['ssh'],
    expected: toClient(expect('no-syn-ack', 'nobody', 'host-not-on-link')),
    run: async (lab) => {
      const { network, plan } = lab;
      await network.sysctl('client', ...impatient('ipv4'));
      await network.run('client', ...ECHO, plan.server);
      await lab.capture({ neighbours: true });
      await network.run('server', 'ip', 'link', 'set', 's0', 'down');
      // Until the client is no longer sure of the address that it knows.
      await sleep(3_000);
      await lab.ssh({ settings: ['ConnectTimeout=12'] }).ended;
    },
  },
  {
    name: 'no-syn-ack-host-gone-ipv6',
    made: 'The same over IPv6: neighbour solicitations stay unanswered.',
    place: 'server',
    topology: 'bridged',
    programs: ['ssh'],
    expected: toClient(expect('no-syn-ack', 'nobody', 'host-not-on-link')),
    run: async (lab) => {
      const { network, plan } = lab;
      await network.sysctl('client', ...impatient('ipv6'));
      await network.run('client', ...ECHO, '-6', plan.server6);
      await lab.capture({ neighbours: true });
      await network.run('server', 'ip', 'link', 'set', 's0', 'down');
      await sleep(3_000);
      await lab.ssh({ address: plan.server6, settings: ['ConnectTimeout=12'] }).ended;
    },
  },
  {
    name: 'icmp-after-syn-host-absent',
    made: 'The address belongs to no host; the router’s ARP requests are in its capture of all interfaces.',
    place: 'server',
    programs: ['ssh'],
    expected: {
      client: [expect('icmp-after-syn', 'path', 'icmp-host-unreachable')],
      server: [],
      router: [expect('icmp-after-syn', 'path', 'host-not-on-link', 'icmp-host-unreachable')],
    },
    run: async (lab) => {
      await lab.capture({ router: 'any', neighbours: true });
      await lab.ssh({ address: lab.plan.nobody }).ended;
    },
  },
  {
    name: 'icmp-after-syn-host-absent-ipv6',
    made: 'The address belongs to no host; IPv6.',
    place: 'server',
    programs: ['ssh'],
    expected: toClient(expect('icmp-after-syn', 'path', 'icmp-host-unreachable')),
    run: async (lab) => {
      await lab.capture();
      await lab.ssh({ address: lab.plan.nobody6 }).ended;
    },
  },
  {
    name: 'icmp-after-syn-host-prohibited',
    made: 'The router answers SYNs to the SSH port with ICMP host prohibited, as firewalld does.',
    place: 'path',
    programs: ['ssh', 'nftables'],
    expected: toClient(expect('icmp-after-syn', 'path', ...PROHIBITED, 'icmp-host-unreachable')),
    run: async (lab) => {
      await lab.network.firewall([
        `ip protocol tcp tcp dport ${lab.port} reject with icmp type host-prohibited`,
      ]);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'icmp-after-syn-route-prohibit',
    made: 'The router has a prohibit route for the server.',
    place: 'path',
    programs: ['ssh'],
    expected: toClient(expect('icmp-after-syn', 'path', ...PROHIBITED)),
    run: async (lab) => {
      await lab.network.run('router', 'ip', 'route', 'add', 'prohibit', `${lab.plan.server}/32`);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'icmp-after-syn-network-unreachable-ipv6',
    made: 'The router has no route to the server; IPv6.',
    place: 'path',
    programs: ['ssh'],
    expected: toClient(expect('icmp-after-syn', 'path', 'icmp-network-unreachable')),
    run: async (lab) => {
      await lab.network.run('router', 'ip', 'link', 'set', 'r1', 'down');
      await lab.capture();
      await lab.ssh({ address: lab.plan.server6, settings: ['ConnectTimeout=6'] }).ended;
    },
  },
  {
    name: 'icmp-after-syn-port-unreachable-by-host',
    made: 'The server’s own firewall answers SYNs with ICMP port unreachable.',
    place: 'server',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: both(expect('icmp-after-syn', ['path', 'server'], 'icmp-port-unreachable')),
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewallOf('server', [
        `ip protocol tcp tcp dport ${lab.port} reject with icmp type port-unreachable`,
      ]);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'icmp-after-syn-port-unreachable-ipv6',
    made: 'The router answers SYNs to the SSH port with ICMPv6 port unreachable.',
    place: 'path',
    programs: ['ssh', 'nftables'],
    expected: toClient(expect('icmp-after-syn', 'path', 'icmp-port-unreachable')),
    run: async (lab) => {
      await lab.network.firewall([`tcp dport ${lab.port} reject with icmpx type port-unreachable`]);
      await lab.capture();
      await lab.ssh({ address: lab.plan.server6 }).ended;
    },
  },
  {
    name: 'icmp-after-syn-banned-source',
    made: 'One source fails three logins and is banned with ICMP port unreachable, as fail2ban does; another gets in.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [
        ...times(3, at('client', expect('close-during-auth', 'client', 'authentication-failed'))),
        ...times(2, expect('icmp-after-syn', 'path', 'icmp-port-unreachable', 'penalty')),
        COMPLETED,
      ],
      server: [
        ...times(3, at('client', expect('close-during-auth', 'client', 'authentication-failed'))),
        COMPLETED,
      ],
    },
    run: async (lab) => {
      const [bad, good] = lab.plan.neighbours;
      const settings = [`BindAddress=${bad}`];
      await lab.sshd();
      await lab.capture();
      for (let n = 0; n < 3; n++) {
        await lab.ssh({ settings: ['BatchMode=yes', ...settings], identity: lab.keys.strangers[n] ?? '' })
          .ended;
      }
      await lab.network.firewall([
        `ip saddr ${bad} tcp dport ${lab.port} reject with icmp type port-unreachable`,
      ]);
      for (let n = 0; n < 2; n++) await lab.ssh({ settings }).ended;
      await lab.ssh({ settings: [`BindAddress=${good}`] }).ended;
    },
  },
  {
    name: 'rst-after-syn-by-host-firewall',
    made: 'The server’s own firewall answers SYNs with a reset; sshd listens behind it.',
    place: 'server',
    programs: ['ssh', 'sshd', 'nftables'],
    // With a marked SYN only the marking of the reset tells it from a closed port.
    expected: both(expect('rst-after-syn', ['server', 'path'], 'rejected-by-firewall', 'port-closed')),
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewallOf('server', [`tcp dport ${lab.port} reject with tcp reset`]);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'rst-after-syn-dbclient',
    made: 'Nothing listens on the SSH port; dbclient.',
    place: 'server',
    programs: ['dbclient'],
    expected: both(refused),
    run: async (lab) => {
      await lab.capture();
      await lab.client(['dbclient', '-y', '-y', '-p', `${lab.port}`, `root@${lab.plan.server}`]).ended;
    },
  },
  {
    name: 'rst-after-syn-plink',
    made: 'Nothing listens on the SSH port; plink.',
    place: 'server',
    programs: ['plink'],
    expected: both(refused),
    run: async (lab) => {
      await lab.capture();
      await lab.client(['plink', '-batch', '-P', `${lab.port}`, `root@${lab.plan.server}`]).ended;
    },
  },
  {
    name: 'rst-after-syn-openssh-10',
    made: 'Nothing listens on the SSH port; the client of OpenSSH 10.',
    place: 'server',
    programs: ['openssh-10'],
    expected: both(refused),
    run: async (lab) => {
      await lab.capture();
      await lab.ssh({ ten: true }).ended;
    },
  },
  {
    name: 'no-syn-ack-backlog-full',
    made: 'net.core.somaxconn 1 and a stopped sshd: two clients are connected by the kernel, the third’s SYNs are dropped.',
    place: 'server',
    programs: ['ssh', 'sshd'],
    expected: {
      client: [
        ...times(2, expect('fin-before-banner', 'client', 'server-hung', 'accept-backlog-full')),
        expect('no-syn-ack', 'nobody', 'accept-backlog-full', 'filtered'),
      ],
      server: [
        ...times(2, expect('fin-before-banner', 'client', 'server-hung', 'accept-backlog-full')),
        expect('no-syn-ack', 'nobody', 'accept-backlog-full', 'server-hung'),
      ],
    },
    run: async (lab) => {
      await lab.network.sysctl('server', 'net.core.somaxconn=1', 'net.ipv4.tcp_syncookies=0');
      await lab.sshd();
      await lab.signalListener('SIGSTOP');
      await lab.capture();
      const clients = [];
      for (let n = 0; n < 3; n++) {
        clients.push(lab.ssh({ settings: ['ConnectTimeout=7'] }));
        await sleep(500);
      }
      await Promise.all(clients.map(({ ended }) => ended));
    },
  },
  {
    name: 'lost-in-session-host-gone',
    made: 'Client and server are on one link; the server’s goes down while a client is logged in, which gives up after ServerAliveCountMax.',
    place: 'server',
    topology: 'bridged',
    programs: ['ssh', 'sshd'],
    expected: {
      client: [
        expect('lost-in-session', ['client', 'nobody'], 'keepalive-failed', 'path-lost', 'host-not-on-link'),
      ],
      server: [OPEN],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ neighbours: true });
      const client = await lab.loggedIn({ settings: ['ServerAliveInterval=2', 'ServerAliveCountMax=4'] });
      await lab.network.run('server', 'ip', 'link', 'set', 's0', 'down');
      await client.ended;
    },
  },
];

const ECHO = ['nmap', '-n', '-sn', '-PE', '--disable-arp-ping'] as const;

/** So that the neighbour table doubts in seconds what it otherwise believes for half a minute. */
const impatient = (family: 'ipv4' | 'ipv6'): readonly string[] => [
  `net.${family}.neigh.c0.base_reachable_time_ms=1000`,
  `net.${family}.neigh.c0.delay_first_probe_time=1`,
];
