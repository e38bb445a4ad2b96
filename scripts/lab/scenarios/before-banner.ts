import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.ts';
import { until } from '../network.ts';
import { both, expect, OPEN, orSilent, type Scenario, times } from '../scenario.ts';

/** Connected, and no identification string from the server. */
export const BEFORE_BANNER: readonly Scenario[] = [
  {
    name: 'fin-before-banner-health-check',
    made: 'nc -z every second, four times: connects and closes.',
    place: 'client',
    programs: ['netcat', 'sshd'],
    // Under load the identification string comes before the close.
    expected: both(
      ...times(
        4,
        expect(
          ['fin-before-banner', 'rst-after-banner', 'fin-after-banner'],
          'client',
          'health-check',
          'scan',
        ),
      ),
    ),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      for (let n = 0; n < 4; n++) {
        if (n > 0) await sleep(1_000);
        await lab.network.run('client', 'nc', '-n', '-z', '-w', '3', lab.plan.server, `${lab.port}`);
      }
    },
  },
  {
    name: 'fin-before-banner-server-hung',
    made: 'sshd is stopped (SIGSTOP): its kernel connects, the client gives up after ConnectTimeout.',
    place: 'server',
    programs: ['ssh', 'sshd'],
    expected: both(expect('fin-before-banner', 'client', 'server-hung', 'slow-banner')),
    run: async (lab) => {
      await lab.sshd();
      await lab.signalListener('SIGSTOP');
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=4'] }).ended;
    },
  },
  {
    name: 'before-banner-dead-backend',
    made: 'socat forwards the SSH port to a port where nothing listens: it accepts and closes.',
    place: 'server',
    programs: ['ssh', 'socat'],
    expected: both(expect(['fin-before-banner', 'rst-before-banner'], 'server', 'backend-down')),
    run: async (lab) => {
      await lab.serve(`exec socat TCP4-LISTEN:${lab.port},fork,reuseaddr TCP4:127.0.0.1:9`);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'before-banner-tls-server',
    made: 'A TLS server (openssl s_server) has the port; it closes on the client’s identification without a byte.',
    place: 'server',
    programs: ['ssh', 'openssl'],
    expected: both(
      orSilent(
        expect(['fin-before-banner', 'rst-before-banner'], 'server', 'not-ssh-tls', 'backend-down'),
        'not one byte of TLS is sent',
      ),
    ),
    run: async (lab) => {
      const certificate = `${lab.folder}/tls.pem`;
      await lab.serve(
        `openssl req -x509 -newkey rsa:2048 -nodes -keyout ${certificate}.key -out ${certificate} -subj /CN=lab -days 3 ` +
          `2>/dev/null && exec openssl s_server -quiet -accept ${lab.port} -cert ${certificate} -key ${certificate}.key`,
      );
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'before-banner-max-startups',
    made: 'MaxStartups 1:100:1 while one client holds a connection: two more are refused with a line of text.',
    place: 'server',
    programs: ['ssh', 'sshd', 'node'],
    expected: both(
      OPEN,
      ...times(2, expect(['fin-before-banner', 'rst-before-banner'], 'server', 'max-startups')),
    ),
    run: async (lab) => {
      await lab.sshd(['MaxStartups 1:100:1']);
      await lab.capture();
      const holder = lab.node('client', connecting(lab, `s.on('data',d=>console.log('got',d.length))`));
      await until('the first identification string', () => holder.printed().includes('got'));
      await lab.ssh().ended;
      await lab.ssh().ended;
    },
  },
  {
    name: 'rst-before-banner-hosts-deny',
    made: 'hosts.deny names sshd: it closes with the client’s identification unread.',
    place: 'server',
    programs: ['ssh', 'sshd'],
    expected: both(expect('rst-before-banner', 'server', 'access-denied-early')),
    run: async (lab) => {
      await lab.sshd([], { hostsDeny: 'sshd: ALL\n' });
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'rst-before-banner-connect-scan',
    made: 'nmap -sT: connects and resets.',
    place: 'client',
    programs: ['nmap', 'sshd'],
    expected: both(expect(['rst-before-banner', 'rst-after-banner'], 'client', 'scan', 'banner-grab')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.run('client', 'nmap', '-n', '-Pn', '-sT', '-p', `${lab.port}`, lab.plan.server);
    },
  },
  {
    name: 'icmp-before-banner',
    made: 'The router lets SYNs to the SSH port pass and refuses the rest with ICMP administratively prohibited.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('icmp-before-banner', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
      server: [expect('syn-ack-unanswered', 'nobody', 'return-path-drop', 'handshake-ack-lost')],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([
        `tcp dport ${lab.port} tcp flags & syn == 0 reject with icmp type admin-prohibited`,
      ]);
      await lab.capture();
      lab.ssh();
      await sleep(6_000);
    },
  },
  {
    name: 'stalled-before-banner',
    made: 'sshd is stopped (SIGSTOP); the client waits. A ping 17 s later.',
    place: 'server',
    programs: ['ssh', 'sshd'],
    expected: both(expect('stalled-before-banner', 'nobody', 'server-hung')),
    run: async (lab) => {
      await lab.sshd();
      await lab.signalListener('SIGSTOP');
      await lab.capture();
      lab.ssh();
      await lab.silence();
    },
  },
  {
    name: 'stalled-before-banner-ack-lost',
    made: 'The router lets SYNs to the SSH port pass and drops the rest: the server repeats its SYN-ACK.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('stalled-before-banner', 'nobody', 'handshake-ack-lost', 'accept-backlog-full')],
      server: [expect('syn-ack-unanswered', 'nobody', 'return-path-drop', 'handshake-ack-lost')],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([`tcp dport ${lab.port} tcp flags & syn == 0 drop`]);
      await lab.capture();
      lab.ssh();
      await sleep(12_000);
    },
  },
  {
    name: 'not-ssh-http',
    made: 'A web server (Node’s) has the SSH port.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(expect('not-ssh', 'server', 'not-ssh-http')),
    run: async (lab) => {
      await lab.nodeServer(`require('http').createServer().listen(${lab.port})`);
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=6'] }).ended;
    },
  },
  {
    name: 'not-ssh-smtp',
    made: 'A mail server’s greeting on the SSH port (socat); the client waits for SSH behind it until ConnectTimeout.',
    place: 'server',
    programs: ['ssh', 'socat'],
    expected: both(expect('not-ssh', 'client', 'not-ssh-other')),
    run: async (lab) => {
      const greeting = lab.write('greeting', '220 mail.example.org ESMTP Postfix\r\n');
      await lab.serve(
        `exec socat TCP4-LISTEN:${lab.port},fork,reuseaddr SYSTEM:"cat ${greeting}; cat >/dev/null"`,
      );
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=4'] }).ended;
    },
  },
];

/** A client of few words: `s` is its socket. */
export const connecting = ({ port, plan }: Lab, script: string): string =>
  `const s=require('net').connect(${port},'${plan.server}');s.on('error',e=>console.error(e.message));${script}`;
