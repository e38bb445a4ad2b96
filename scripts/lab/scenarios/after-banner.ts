import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../network.ts';
import { at, both, expect, OPEN, type Scenario, times } from '../scenario.ts';
import { connecting } from './before-banner.ts';

/** The server has identified itself, no key exchange begun. */
export const AFTER_BANNER: readonly Scenario[] = [
  {
    name: 'fin-after-banner-grab',
    made: 'nmap -sV reads the identification string and closes; a reset connect scan comes before it.',
    place: 'client',
    programs: ['nmap', 'sshd'],
    expected: both(
      expect(['rst-before-banner', 'rst-after-banner'], 'client', 'scan', 'banner-grab'),
      expect('fin-after-banner', 'client', 'banner-grab', 'scan'),
    ),
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
        `${lab.port}`,
        lab.plan.server,
      );
    },
  },
  {
    name: 'fin-after-banner-server-killed',
    made: 'The sshd process of a connection is killed before the client has identified itself.',
    place: 'server',
    programs: ['node', 'sshd'],
    expected: both(expect('fin-after-banner', 'server', 'server-process-died')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = lab.node(
        'client',
        connecting(lab, `s.on('data',d=>console.log('got',d.length)).on('end',()=>s.end())`),
      );
      await until('the identification string', () => client.printed().includes('got'));
      await lab.signalSessions('SIGKILL');
      await client.ended;
    },
  },
  {
    name: 'fin-after-banner-login-grace',
    made: 'LoginGraceTime 4; three clients connect and say nothing.',
    place: 'client',
    programs: ['node', 'sshd'],
    expected: both(...times(3, expect('fin-after-banner', 'server', 'login-grace-expired'))),
    run: async (lab) => {
      await lab.sshd(['LoginGraceTime 4']);
      await lab.capture();
      for (let n = 0; n < 3; n++) {
        if (n > 0) await sleep(500);
        lab.node('client', connecting(lab, `s.on('end',()=>s.end()).resume()`));
      }
      await sleep(5_500);
    },
  },
  {
    name: 'after-banner-http-client',
    made: 'An HTTP request to sshd (Node’s client).',
    place: 'client',
    programs: ['node', 'sshd'],
    expected: both(expect(['fin-after-banner', 'rst-after-banner'], ['client', 'server'], 'client-not-ssh')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.node(
        'client',
        `require('http').get('http://${lab.plan.server}:${lab.port}/').on('error',e=>console.error(e.message))`,
      ).ended;
    },
  },
  {
    name: 'after-banner-ssh1-client',
    made: 'A client that identifies itself with SSH-1.5 (netcat).',
    place: 'client',
    programs: ['netcat', 'sshd'],
    expected: both(expect(['fin-after-banner', 'rst-after-banner'], 'server', 'protocol-version-mismatch')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.start('client', ['nc', '-n', '-w', '3', lab.plan.server, `${lab.port}`], {
        input: 'SSH-1.5-1.2.27\r\n',
      }).ended;
    },
  },
  {
    name: 'rst-after-banner',
    made: 'A client reads the identification string and resets (Node’s resetAndDestroy).',
    place: 'client',
    programs: ['node', 'sshd'],
    expected: both(expect('rst-after-banner', 'client', 'banner-grab')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.node('client', connecting(lab, `s.once('data',()=>s.resetAndDestroy())`)).ended;
    },
  },
  {
    name: 'icmp-after-banner',
    made: 'After the server’s identification string the router refuses what goes to the SSH port with ICMP administratively prohibited.',
    place: 'path',
    programs: ['node', 'sshd', 'nftables'],
    expected: {
      client: [expect('icmp-after-banner', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
      server: [OPEN],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = lab.node(
        'client',
        connecting(
          lab,
          `s.once('data',()=>{console.log('got');setTimeout(()=>s.write('SSH-2.0-probe\\r\\n'),2000)})`,
        ),
      );
      await until('the identification string', () => client.printed().includes('got'));
      await lab.network.firewall([`tcp dport ${lab.port} reject with icmp type admin-prohibited`]);
      await sleep(6_000);
    },
  },
  {
    name: 'stalled-after-banner',
    made: 'A client connects, gets the identification string and says nothing. A ping 17 s later.',
    place: 'client',
    programs: ['node', 'sshd'],
    expected: both(at('client', expect('stalled-after-banner', 'nobody'))),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      lab.node('client', connecting(lab, 's.resume()'));
      await lab.silence();
    },
  },
];
