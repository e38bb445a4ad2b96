import { setTimeout as sleep } from 'node:timers/promises';
import { both, COMPLETED, expect, type Scenario } from '../scenario.ts';

/** Faults before the TCP handshake is done. */
export const CONNECT: readonly Scenario[] = [
  {
    name: 'no-syn-ack',
    made: 'The router drops what goes to the SSH port.',
    place: 'path',
    programs: ['ssh', 'nftables'],
    expected: { client: [expect('no-syn-ack', 'nobody', 'filtered')], server: [] },
    run: async (lab) => {
      await lab.network.firewall([`tcp dport ${lab.port} drop`]);
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=8'] }).ended;
    },
  },
  {
    name: 'no-syn-ack-return-path',
    made: 'The router drops what comes from the SSH port.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('no-syn-ack', 'nobody', 'filtered')],
      server: [expect('syn-ack-unanswered', 'nobody', 'return-path-drop')],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([`tcp sport ${lab.port} drop`]);
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=8'] }).ended;
    },
  },
  {
    name: 'no-syn-ack-marking',
    made: 'The router drops what is marked with a DSCP value, as ssh marks its packets; then the same with IPQoS=none.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('no-syn-ack', 'nobody', 'marking-dropped', 'filtered'), COMPLETED],
      server: [COMPLETED],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([`tcp dport ${lab.port} ip dscp != 0 drop`]);
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=4'] }).ended;
      await lab.ssh({ settings: ['IPQoS=none'] }).ended;
    },
  },
  {
    name: 'rst-after-syn',
    made: 'Nothing listens on the SSH port.',
    place: 'server',
    programs: ['ssh'],
    expected: both(expect('rst-after-syn', 'server', 'port-closed')),
    run: async (lab) => {
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'rst-after-syn-ipv6',
    made: 'Nothing listens on the SSH port; IPv6.',
    place: 'server',
    programs: ['ssh'],
    expected: both(expect('rst-after-syn', 'server', 'port-closed')),
    run: async (lab) => {
      await lab.capture();
      await lab.ssh({ address: lab.plan.server6 }).ended;
    },
  },
  {
    name: 'rst-after-syn-firewall',
    made: 'The router answers SYNs to the SSH port with a reset; sshd listens behind it.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: { client: [expect('rst-after-syn', ['server', 'path'], 'rejected-by-firewall')], server: [] },
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([`tcp dport ${lab.port} reject with tcp reset`]);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'icmp-after-syn-admin-prohibited',
    made: 'The router answers SYNs to the SSH port with ICMP administratively prohibited.',
    place: 'path',
    programs: ['ssh', 'nftables'],
    expected: {
      client: [expect('icmp-after-syn', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
      server: [],
    },
    run: async (lab) => {
      await lab.network.firewall([
        `ip protocol tcp tcp dport ${lab.port} reject with icmp type admin-prohibited`,
      ]);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'icmp-after-syn-port-unreachable',
    made: 'The router answers SYNs to the SSH port with ICMP port unreachable, as fail2ban does.',
    place: 'path',
    programs: ['ssh', 'nftables'],
    expected: { client: [expect('icmp-after-syn', 'path', 'icmp-port-unreachable')], server: [] },
    run: async (lab) => {
      await lab.network.firewall([
        `ip protocol tcp tcp dport ${lab.port} reject with icmp type port-unreachable`,
      ]);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'icmp-after-syn-host-unreachable',
    made: 'The address belongs to no host: the router asks for it in vain and says so.',
    place: 'server',
    programs: ['ssh'],
    expected: { client: [expect('icmp-after-syn', 'path', 'icmp-host-unreachable')], server: [] },
    run: async (lab) => {
      await lab.capture();
      await lab.ssh({ address: lab.plan.nobody }).ended;
    },
  },
  {
    name: 'icmp-after-syn-network-unreachable',
    made: 'The router has no route to the server.',
    place: 'path',
    programs: ['ssh'],
    expected: { client: [expect('icmp-after-syn', 'path', 'icmp-network-unreachable')], server: [] },
    run: async (lab) => {
      await lab.network.run('router', 'ip', 'link', 'set', 'r1', 'down');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'icmp-after-syn-ipv6',
    made: 'The router answers SYNs to the SSH port with ICMPv6 administratively prohibited.',
    place: 'path',
    programs: ['ssh', 'nftables'],
    expected: {
      client: [expect('icmp-after-syn', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
      server: [],
    },
    run: async (lab) => {
      await lab.network.firewall([`tcp dport ${lab.port} reject with icmpx type admin-prohibited`]);
      await lab.capture();
      await lab.ssh({ address: lab.plan.server6 }).ended;
    },
  },
  {
    name: 'rst-after-syn-ack',
    made: 'nmap -sS: the kernel resets the SYN-ACK that it did not ask for.',
    place: 'client',
    programs: ['nmap', 'sshd'],
    expected: both(expect('rst-after-syn-ack', 'client', 'scan')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.run('client', 'nmap', '-n', '-Pn', '-sS', '-p', `${lab.port}`, lab.plan.server);
    },
  },
  {
    name: 'icmp-after-syn-ack',
    made: 'The router refuses the SYN-ACKs with ICMP administratively prohibited.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('no-syn-ack', 'nobody', 'filtered')],
      server: [
        expect(
          'icmp-after-syn-ack',
          'path',
          'icmp-admin-prohibited',
          'rejected-by-firewall',
          'return-path-drop',
        ),
      ],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([`tcp sport ${lab.port} reject with icmp type admin-prohibited`]);
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=4'] }).ended;
    },
  },
  {
    name: 'syn-ack-unanswered',
    made: 'The router drops what comes from the SSH port.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('no-syn-ack', 'nobody', 'filtered')],
      server: [expect('syn-ack-unanswered', 'nobody', 'return-path-drop')],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([`tcp sport ${lab.port} drop`]);
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=8'] }).ended;
      await sleep(3_000);
    },
  },
];
