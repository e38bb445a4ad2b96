import { setTimeout as sleep } from 'node:timers/promises';
import { ADDRESS, until } from '../network.ts';
import { expect, type Scenario } from '../scenario.ts';
import { connecting } from './before-banner.ts';

/** The server has identified itself, no key exchange begun. */
export const AFTER_BANNER: readonly Scenario[] = [
  {
    name: 'fin-after-banner-grab',
    made: 'nmap -sV reads the identification string and closes; a reset connect scan comes before it.',
    programs: ['nmap', 'sshd'],
    sessions: [
      expect('rst-before-banner', 'client', 'scan'),
      expect('fin-after-banner', 'client', 'banner-grab', 'scan'),
    ],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.run(
        'client',
        'nmap',
        '-n',
        '-Pn',
        '-sT',
        '-sV',
        '--version-light',
        '-p',
        '22',
        ADDRESS.server,
      );
      return undefined;
    },
  },
  {
    name: 'fin-after-banner-server-killed',
    made: 'The sshd process of a connection is killed before the client has identified itself.',
    programs: ['node', 'sshd'],
    sessions: [expect('fin-after-banner', 'server', 'server-process-died')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = lab.node(
        'client',
        connecting(`s.on('data',d=>console.log('got',d.length)).on('end',()=>s.end())`),
      );
      await until('the identification string', () => client.printed().includes('got'));
      await lab.signalSessions('SIGKILL');
      await client.ended;
      return undefined;
    },
  },
  {
    name: 'fin-after-banner-login-grace',
    made: 'LoginGraceTime 4; three clients connect and say nothing.',
    programs: ['node', 'sshd'],
    sessions: Array(3).fill(expect('fin-after-banner', 'server', 'login-grace-expired')),
    run: async (lab) => {
      await lab.sshd(['LoginGraceTime 4']);
      await lab.capture();
      for (let n = 0; n < 3; n++) {
        if (n > 0) await sleep(500);
        lab.node('client', connecting(`s.on('end',()=>s.end()).resume()`));
      }
      await sleep(5_500);
      return undefined;
    },
  },
  {
    name: 'after-banner-http-client',
    made: 'An HTTP request to sshd (Node’s client).',
    programs: ['node', 'sshd'],
    sessions: [
      {
        fate: ['fin-after-banner', 'rst-after-banner'],
        endedBy: ['client', 'server'],
        cause: ['client-not-ssh'],
      },
    ],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.node(
        'client',
        `require('http').get('http://${ADDRESS.server}:22/').on('error',e=>console.error(e.message))`,
      ).ended;
      return undefined;
    },
  },
  {
    name: 'after-banner-ssh1-client',
    made: 'A client that identifies itself with SSH-1.5 (netcat).',
    programs: ['netcat', 'sshd'],
    sessions: [
      {
        fate: ['fin-after-banner', 'rst-after-banner'],
        endedBy: ['server'],
        cause: ['protocol-version-mismatch'],
      },
    ],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.start('client', ['nc', '-n', '-w', '3', ADDRESS.server, '22'], {
        input: 'SSH-1.5-1.2.27\r\n',
      }).ended;
      return undefined;
    },
  },
  {
    name: 'rst-after-banner',
    made: 'A client reads the identification string and resets (Node’s resetAndDestroy).',
    programs: ['node', 'sshd'],
    sessions: [expect('rst-after-banner', 'client', 'banner-grab')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.node('client', connecting(`s.once('data',()=>s.resetAndDestroy())`)).ended;
      return undefined;
    },
  },
  {
    name: 'icmp-after-banner',
    made: 'After the server’s identification string the router refuses what goes to port 22 with ICMP administratively prohibited.',
    programs: ['node', 'sshd', 'nftables'],
    sessions: [expect('icmp-after-banner', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = lab.node(
        'client',
        connecting(
          `s.once('data',()=>{console.log('got');setTimeout(()=>s.write('SSH-2.0-probe\\r\\n'),2000)})`,
        ),
      );
      await until('the identification string', () => client.printed().includes('got'));
      await lab.network.firewall(['tcp dport 22 reject with icmp type admin-prohibited']);
      await sleep(6_000);
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'stalled-after-banner',
    made: 'A client connects, gets the identification string and says nothing. A ping 17 s later.',
    programs: ['node', 'sshd'],
    sessions: [expect('stalled-after-banner', 'nobody')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      lab.node('client', connecting('s.resume()'));
      await lab.silence();
      await lab.endCapture();
      return undefined;
    },
  },
];
