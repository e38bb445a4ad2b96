import { setTimeout as sleep } from 'node:timers/promises';
import { clientRun } from '../lab.ts';
import { ADDRESS } from '../network.ts';
import { expect, type Scenario } from '../scenario.ts';

/** Faults before the TCP handshake is done. */
export const CONNECT: readonly Scenario[] = [
  {
    name: 'no-syn-ack',
    made: 'The router drops what goes to port 22.',
    programs: ['ssh', 'nftables'],
    sessions: [expect('no-syn-ack', 'nobody', 'filtered')],
    run: async (lab) => {
      await lab.network.firewall(['tcp dport 22 drop']);
      await lab.capture();
      return clientRun(await lab.ssh({ settings: ['ConnectTimeout=8'] }).ended);
    },
  },
  {
    name: 'no-syn-ack-return-path',
    made: 'The router drops what comes from port 22; seen at the client, which cannot tell the difference.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('no-syn-ack', 'nobody', 'filtered')],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall(['tcp sport 22 drop']);
      await lab.capture();
      return clientRun(await lab.ssh({ settings: ['ConnectTimeout=8'] }).ended);
    },
  },
  {
    name: 'no-syn-ack-marking',
    made: 'The router drops what is marked with a DSCP value, as ssh marks its packets; then the same with IPQoS=none.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('no-syn-ack', 'nobody', 'marking-dropped', 'filtered'), expect('completed', 'client')],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall(['tcp dport 22 ip dscp != 0 drop']);
      await lab.capture();
      const run = clientRun(await lab.ssh({ settings: ['ConnectTimeout=4'] }).ended);
      await lab.ssh({ settings: ['IPQoS=none'] }).ended;
      return run;
    },
  },
  {
    name: 'rst-after-syn',
    made: 'Nothing listens on port 22.',
    programs: ['ssh'],
    sessions: [expect('rst-after-syn', 'server', 'port-closed')],
    run: async (lab) => {
      await lab.capture();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'rst-after-syn-ipv6',
    made: 'Nothing listens on port 22; IPv6.',
    programs: ['ssh'],
    sessions: [expect('rst-after-syn', 'server', 'port-closed')],
    run: async (lab) => {
      await lab.capture();
      return clientRun(await lab.ssh({ address: ADDRESS.server6 }).ended);
    },
  },
  {
    name: 'rst-after-syn-firewall',
    made: 'The router answers SYNs to port 22 with a reset; sshd listens behind it.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [{ fate: ['rst-after-syn'], endedBy: ['server', 'path'], cause: ['rejected-by-firewall'] }],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall(['tcp dport 22 reject with tcp reset']);
      await lab.capture();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'icmp-after-syn-admin-prohibited',
    made: 'The router answers SYNs to port 22 with ICMP administratively prohibited.',
    programs: ['ssh', 'nftables'],
    sessions: [expect('icmp-after-syn', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
    run: async (lab) => {
      await lab.network.firewall(['ip protocol tcp tcp dport 22 reject with icmp type admin-prohibited']);
      await lab.capture();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'icmp-after-syn-port-unreachable',
    made: 'The router answers SYNs to port 22 with ICMP port unreachable, as fail2ban does.',
    programs: ['ssh', 'nftables'],
    sessions: [expect('icmp-after-syn', 'path', 'icmp-port-unreachable')],
    run: async (lab) => {
      await lab.network.firewall(['ip protocol tcp tcp dport 22 reject with icmp type port-unreachable']);
      await lab.capture();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'icmp-after-syn-host-unreachable',
    made: 'The address belongs to no host: the router asks for it in vain and says so.',
    programs: ['ssh'],
    sessions: [expect('icmp-after-syn', 'path', 'icmp-host-unreachable')],
    run: async (lab) => {
      await lab.capture();
      return clientRun(await lab.ssh({ address: ADDRESS.nobody }).ended);
    },
  },
  {
    name: 'icmp-after-syn-network-unreachable',
    made: 'The router has no route to the server.',
    programs: ['ssh'],
    sessions: [expect('icmp-after-syn', 'path', 'icmp-network-unreachable')],
    run: async (lab) => {
      await lab.network.run('router', 'ip', 'link', 'set', 'r1', 'down');
      await lab.capture();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'icmp-after-syn-ipv6',
    made: 'The router answers SYNs to port 22 with ICMPv6 administratively prohibited.',
    programs: ['ssh', 'nftables'],
    sessions: [expect('icmp-after-syn', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
    run: async (lab) => {
      await lab.network.firewall(['tcp dport 22 reject with icmpx type admin-prohibited']);
      await lab.capture();
      return clientRun(await lab.ssh({ address: ADDRESS.server6 }).ended);
    },
  },
  {
    name: 'rst-after-syn-ack',
    made: 'nmap -sS: the kernel resets the SYN-ACK that it did not ask for.',
    programs: ['nmap', 'sshd'],
    sessions: [expect('rst-after-syn-ack', 'client', 'scan')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.run('client', 'nmap', '-n', '-Pn', '-sS', '-p', '22', ADDRESS.server);
      return undefined;
    },
  },
  {
    name: 'icmp-after-syn-ack',
    made: 'The router refuses the SYN-ACKs with ICMP administratively prohibited; seen at the server.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [
      expect(
        'icmp-after-syn-ack',
        'path',
        'icmp-admin-prohibited',
        'rejected-by-firewall',
        'return-path-drop',
      ),
    ],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall(['tcp sport 22 reject with icmp type admin-prohibited']);
      await lab.capture({ at: 'server' });
      return clientRun(await lab.ssh({ settings: ['ConnectTimeout=4'] }).ended);
    },
  },
  {
    name: 'syn-ack-unanswered',
    made: 'The router drops what comes from port 22; seen at the server, which repeats its SYN-ACK.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('syn-ack-unanswered', 'nobody', 'return-path-drop')],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall(['tcp sport 22 drop']);
      await lab.capture({ at: 'server' });
      const run = clientRun(await lab.ssh({ settings: ['ConnectTimeout=8'] }).ended);
      await sleep(3_000);
      return run;
    },
  },
];
