import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.ts';
import { both, expect, orMore, orSilent, type Scenario, times } from '../scenario.ts';
import { connecting } from './before-banner.ts';

const dropped = expect('rst-after-syn-ack', 'client', 'health-check');
/** Under load the identification string comes before the close. */
const AT_ONCE = ['fin-before-banner', 'fin-after-banner', 'rst-after-banner'] as const;

/** Monitors, scanners, and proxies with nothing behind them. */
export const PROBES: readonly Scenario[] = [
  {
    name: 'rst-after-syn-ack-haproxy-check',
    made: 'haproxy checks the server every second: resets in place of the last packet of the handshake.',
    place: 'client',
    programs: ['haproxy', 'sshd'],
    expected: both(...times(4, dropped), orMore(dropped)),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await haproxyChecks(lab, '');
    },
  },
  {
    name: 'rst-after-banner-haproxy-check',
    made: 'haproxy checks every second for an SSH identification string, and resets.',
    place: 'client',
    programs: ['haproxy', 'sshd'],
    // The last may be cut short.
    expected: both(
      ...times(4, expect('rst-after-banner', 'client', 'health-check')),
      orMore(
        expect(['rst-after-banner', 'fin-before-banner', 'rst-before-banner'], 'client', 'health-check'),
      ),
    ),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await haproxyChecks(lab, 'option tcp-check\n  tcp-check expect string SSH-2.0');
    },
  },
  {
    name: 'fin-before-banner-check-of-six',
    made: 'nc -z every second, six times: connects and closes.',
    place: 'client',
    programs: ['netcat', 'sshd'],
    expected: both(...times(6, expect(AT_ONCE, 'client', 'health-check'))),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      for (let n = 0; n < 6; n++) {
        if (n > 0) await sleep(1_000);
        await lab.network.run('client', 'nc', '-n', '-z', '-w', '3', lab.plan.server, `${lab.port}`);
      }
    },
  },
  {
    name: 'fin-after-banner-health-check',
    made: 'A monitor reads the identification string every second, six times, and closes (Node).',
    place: 'client',
    programs: ['node', 'sshd'],
    expected: both(...times(6, expect('fin-after-banner', 'client', 'health-check', 'banner-grab'))),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      for (let n = 0; n < 6; n++) {
        if (n > 0) await sleep(1_000);
        await lab.node('client', connecting(lab, `s.once('data',()=>s.end())`)).ended;
      }
    },
  },
  {
    name: 'rst-after-syn-ack-ports-scan',
    made: 'nmap -sS over five ports of the server.',
    place: 'client',
    programs: ['nmap', 'sshd'],
    expected: both(expect('rst-after-syn-ack', 'client', 'scan')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ filter: 'tcp' });
      const ports = `21,23,80,443,${lab.port}`;
      await lab.network.run('client', 'nmap', '-n', '-Pn', '-sS', '-p', ports, lab.plan.server);
    },
  },
  {
    name: 'rst-before-banner-ports-scan',
    made: 'nmap -sT over five ports of the server.',
    place: 'client',
    programs: ['nmap', 'sshd'],
    expected: both(expect(['rst-before-banner', 'rst-after-banner'], 'client', 'scan', 'banner-grab')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ filter: 'tcp' });
      const ports = `21,23,80,443,${lab.port}`;
      await lab.network.run('client', 'nmap', '-n', '-Pn', '-sT', '-p', ports, lab.plan.server);
    },
  },
  {
    name: 'close-during-kex-nmap-algorithms',
    made: 'nmap --script ssh2-enum-algos asks for the proposal and closes; connections of the scan before it.',
    place: 'client',
    programs: ['nmap', 'sshd'],
    expected: both(
      expect(['rst-before-banner', 'rst-after-banner'], 'client', 'scan', 'banner-grab'),
      orMore(
        // Its own proposal is so old that sshd finds nothing in it.
        expect(
          ['close-during-kex', 'fin-after-banner', 'rst-after-banner'],
          ['client', 'server', 'both'],
          'banner-grab',
          'scan',
          'no-common-kex',
        ),
      ),
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
        '--script',
        // The plus: also on a port that is not known for SSH.
        '+ssh2-enum-algos',
        '-p',
        `${lab.port}`,
        lab.plan.server,
      );
    },
  },
  {
    name: 'before-banner-haproxy-dead-backend',
    made: 'haproxy has the SSH port and forwards to one where nothing listens; two clients.',
    place: 'server',
    programs: ['ssh', 'haproxy'],
    expected: both(...times(2, expect(['fin-before-banner', 'rst-before-banner'], 'server', 'backend-down'))),
    run: async (lab) => {
      await haproxyForwards(lab, '127.0.0.1:9');
      await lab.capture();
      for (let n = 0; n < 2; n++) await lab.ssh().ended;
    },
  },
  {
    name: 'before-banner-haproxy-silent-backend',
    made: 'haproxy has the SSH port and forwards to an address that does not answer, for two seconds each.',
    place: 'server',
    programs: ['ssh', 'haproxy'],
    expected: both(...times(2, expect(['fin-before-banner', 'rst-before-banner'], 'server', 'backend-down'))),
    run: async (lab) => {
      await lab.network.run('router', 'ip', 'route', 'add', 'blackhole', '192.0.0.9/32');
      await haproxyForwards(lab, '192.0.0.9:9');
      await lab.capture();
      for (let n = 0; n < 2; n++) await lab.ssh().ended;
    },
  },
  {
    name: 'before-banner-dead-backend-plink',
    made: 'socat forwards the SSH port to a port where nothing listens; plink.',
    place: 'server',
    programs: ['plink', 'socat'],
    expected: both(expect(['fin-before-banner', 'rst-before-banner'], 'server', 'backend-down')),
    run: async (lab) => {
      await lab.serve(`exec socat TCP4-LISTEN:${lab.port},fork,reuseaddr TCP4:127.0.0.1:9`);
      await lab.capture();
      await lab.client(['plink', '-batch', '-P', `${lab.port}`, `root@${lab.plan.server}`]).ended;
    },
  },
  {
    name: 'before-banner-dead-backend-dbclient',
    made: 'socat forwards the SSH port to a port where nothing listens; dbclient.',
    place: 'server',
    programs: ['dbclient', 'socat'],
    expected: both(expect(['fin-before-banner', 'rst-before-banner'], 'server', 'backend-down')),
    run: async (lab) => {
      await lab.serve(`exec socat TCP4-LISTEN:${lab.port},fork,reuseaddr TCP4:127.0.0.1:9`);
      await lab.capture();
      await lab.client(['dbclient', '-y', '-y', '-p', `${lab.port}`, `root@${lab.plan.server}`]).ended;
    },
  },
  {
    name: 'before-banner-text-and-close',
    made: 'A server says “You are not welcome here.” in place of an identification string, and closes.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(
      orSilent(
        expect(['fin-before-banner', 'rst-before-banner'], 'server', 'access-denied-early'),
        'the text is for people',
      ),
    ),
    run: async (lab) => {
      await lab.speakingServer('say:You are not welcome here.\r\n', 'end');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
];

/** A load balancer at the client that checks the server for six seconds. */
async function haproxyChecks(lab: Lab, options: string): Promise<void> {
  const file = lab.write(
    'haproxy.cfg',
    `${HAPROXY}
listen checked
  bind 127.0.0.1:9999
  ${options}
  server one ${lab.plan.server}:${lab.port} check inter 1s
`,
  );
  const running = lab.network.start('client', ['haproxy', '-f', file, '-db']);
  await sleep(6_400);
  await running.stop('SIGKILL');
}

async function haproxyForwards(lab: Lab, backend: string): Promise<void> {
  const file = lab.write(
    'haproxy.cfg',
    `${HAPROXY}
listen forwarded
  bind :${lab.port}
  server one ${backend}
`,
  );
  await lab.serve(`exec haproxy -f ${file} -db`);
}

const HAPROXY = `global
  maxconn 100
defaults
  mode tcp
  retries 1
  timeout connect 2s
  timeout client 10s
  timeout server 10s`;
