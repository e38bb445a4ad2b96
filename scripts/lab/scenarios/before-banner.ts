import { setTimeout as sleep } from 'node:timers/promises';
import { clientRun } from '../lab.ts';
import { ADDRESS, until } from '../network.ts';
import { expect, type Scenario } from '../scenario.ts';

/** Connected, and no identification string from the server. */
export const BEFORE_BANNER: readonly Scenario[] = [
  {
    name: 'fin-before-banner-health-check',
    made: 'nc -z every second, four times: connects and closes.',
    programs: ['netcat', 'sshd'],
    sessions: Array(4).fill(expect('fin-before-banner', 'client', 'health-check', 'scan')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      for (let n = 0; n < 4; n++) {
        if (n > 0) await sleep(1_000);
        await lab.network.run('client', 'nc', '-n', '-z', '-w', '3', ADDRESS.server, '22');
      }
      return undefined;
    },
  },
  {
    name: 'fin-before-banner-server-hung',
    made: 'sshd is stopped (SIGSTOP): its kernel connects, the client gives up after ConnectTimeout.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('fin-before-banner', 'client', 'server-hung')],
    run: async (lab) => {
      await lab.sshd();
      await lab.signalListener('SIGSTOP');
      await lab.capture();
      return clientRun(await lab.ssh({ settings: ['ConnectTimeout=4'] }).ended);
    },
  },
  {
    name: 'before-banner-dead-backend',
    made: 'socat forwards port 22 to a port where nothing listens: it accepts and closes.',
    programs: ['ssh', 'socat'],
    sessions: [
      { fate: ['fin-before-banner', 'rst-before-banner'], endedBy: ['server'], cause: ['backend-down'] },
    ],
    run: async (lab) => {
      await lab.serve('exec socat TCP4-LISTEN:22,fork,reuseaddr TCP4:127.0.0.1:9');
      await lab.capture();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'before-banner-tls-server',
    made: 'A TLS server (openssl s_server) has the port; it closes on the client’s identification without a byte.',
    programs: ['ssh', 'openssl'],
    // Without a byte nobody can tell which service it is: that it is none that greets as sshd does is all there is.
    sessions: [
      { fate: ['fin-before-banner', 'rst-before-banner'], endedBy: ['server'], cause: ['backend-down'] },
    ],
    run: async (lab) => {
      const certificate = `${lab.folder}/tls.pem`;
      await lab.serve(
        `openssl req -x509 -newkey rsa:2048 -nodes -keyout ${certificate}.key -out ${certificate} -subj /CN=lab -days 3 ` +
          `2>/dev/null && exec openssl s_server -quiet -accept 22 -cert ${certificate} -key ${certificate}.key`,
      );
      await lab.capture();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'before-banner-max-startups',
    made: 'MaxStartups 1:100:1 while one client holds a connection: two more are refused with a line of text.',
    programs: ['ssh', 'sshd', 'node'],
    sessions: [
      expect('open', 'nobody'),
      ...Array(2).fill({
        fate: ['fin-before-banner', 'rst-before-banner'],
        endedBy: ['server'],
        cause: ['max-startups'],
      }),
    ],
    run: async (lab) => {
      await lab.sshd(['MaxStartups 1:100:1']);
      await lab.capture();
      const holder = lab.node('client', connecting(`s.on('data',d=>console.log('got',d.length))`));
      await until('the first identification string', () => holder.printed().includes('got'));
      await lab.ssh().ended;
      const run = clientRun(await lab.ssh().ended);
      await lab.endCapture();
      return run;
    },
  },
  {
    name: 'rst-before-banner-hosts-deny',
    made: 'hosts.deny names sshd: it closes with the client’s identification unread.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('rst-before-banner', 'server', 'access-denied-early')],
    run: async (lab) => {
      await lab.sshd([], 'sshd: ALL\n');
      await lab.capture();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'rst-before-banner-connect-scan',
    made: 'nmap -sT: connects and resets.',
    programs: ['nmap', 'sshd'],
    sessions: [expect('rst-before-banner', 'client', 'scan')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.run('client', 'nmap', '-n', '-Pn', '-sT', '-p', '22', ADDRESS.server);
      return undefined;
    },
  },
  {
    name: 'icmp-before-banner',
    made: 'The router lets SYNs to port 22 pass and refuses the rest with ICMP administratively prohibited.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('icmp-before-banner', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall([
        'tcp dport 22 tcp flags & syn == 0 reject with icmp type admin-prohibited',
      ]);
      await lab.capture();
      lab.ssh();
      await sleep(6_000);
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'stalled-before-banner',
    made: 'sshd is stopped (SIGSTOP); the client waits. A ping 17 s later.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('stalled-before-banner', 'nobody', 'server-hung')],
    run: async (lab) => {
      await lab.sshd();
      await lab.signalListener('SIGSTOP');
      await lab.capture();
      lab.ssh();
      await lab.silence();
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'stalled-before-banner-ack-lost',
    made: 'The router lets SYNs to port 22 pass and drops the rest: the server repeats its SYN-ACK.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('stalled-before-banner', 'nobody', 'handshake-ack-lost', 'accept-backlog-full')],
    run: async (lab) => {
      await lab.sshd();
      await lab.network.firewall(['tcp dport 22 tcp flags & syn == 0 drop']);
      await lab.capture();
      lab.ssh();
      await sleep(12_000);
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'not-ssh-http',
    made: 'A web server (Node’s) has port 22.',
    programs: ['ssh', 'node'],
    sessions: [expect('not-ssh', 'server', 'not-ssh-http')],
    run: async (lab) => {
      lab.node('server', `require('http').createServer().listen(22)`);
      await lab.network.listening('server', 22);
      await lab.capture();
      return clientRun(await lab.ssh({ settings: ['ConnectTimeout=6'] }).ended);
    },
  },
  {
    name: 'not-ssh-smtp',
    made: 'A mail server’s greeting on port 22 (socat); the client waits for SSH behind it until ConnectTimeout.',
    programs: ['ssh', 'socat'],
    sessions: [expect('not-ssh', 'client', 'not-ssh-other')],
    run: async (lab) => {
      const greeting = lab.write('greeting', '220 mail.example.org ESMTP Postfix\r\n');
      await lab.serve(`exec socat TCP4-LISTEN:22,fork,reuseaddr SYSTEM:"cat ${greeting}; cat >/dev/null"`);
      await lab.capture();
      return clientRun(await lab.ssh({ settings: ['ConnectTimeout=4'] }).ended);
    },
  },
];

/** A client of few words: `s` is its socket. */
export const connecting = (script: string): string =>
  `const s=require('net').connect(22,'${ADDRESS.server}');s.on('error',e=>console.error(e.message));${script}`;
