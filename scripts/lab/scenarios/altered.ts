import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab, SshOptions } from '../lab.ts';
import { at, both, COMPLETED, expect, orSilent, type Scenario } from '../scenario.ts';
import { connecting } from './before-banner.ts';

const UNTRUSTING = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
const GRABBED = expect(['fin-after-banner', 'rst-after-banner'], 'client', 'banner-grab', 'scan');
const TALKATIVE = 'while sleep 0.3; do date; done';

/** Paths that give packets other addresses, ports or numbers, or that end connections and make new ones. */
export const ALTERED: readonly Scenario[] = [
  {
    name: 'closed-in-session-masquerade-both',
    made: 'The router gives the client its own address and another port of its own to the server’s (masquerade and dnat); the session’s sshd is killed.',
    place: 'server',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: both(expect('closed-in-session', 'server', 'server-process-died')),
    run: async (lab) => {
      const { network, plan, port } = lab;
      await lab.sshd();
      await masquerade(lab);
      await network.run('router', 'nft', 'add chain ip lab pre { type nat hook prerouting priority -100; }');
      const rule = `add rule ip lab pre ip daddr ${plan.clientNet}.1 tcp dport ${plan.otherPort}`;
      await network.run('router', 'nft', `${rule} dnat to ${plan.server}:${port}`);
      await lab.captureAt('client', 'c0', { port: plan.otherPort });
      await lab.captureAt('server', 's0');
      await killedWhileLoggedIn(lab, { address: `${plan.clientNet}.1`, port: plan.otherPort });
    },
  },
  {
    name: 'completed-renumbered',
    made: 'A device on the path gives the client’s bytes other sequence numbers.',
    place: 'nowhere',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: both(COMPLETED),
    run: async (lab) => {
      await lab.sshd();
      await lab.wire('r0', 'r1', '--renumber', '2654435769');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'closed-in-session-behind-haproxy',
    made: 'The session’s sshd is killed behind a haproxy on the router.',
    place: 'server',
    programs: ['ssh', 'sshd', 'haproxy'],
    expected: both(expect('closed-in-session', 'server', 'server-process-died')),
    run: async (lab) => {
      await lab.sshd();
      await haproxy(lab, '20s');
      await lab.capture();
      await killedWhileLoggedIn(lab, atProxy(lab));
    },
  },
  {
    name: 'closed-in-session-by-haproxy',
    made: 'haproxy on the router closes both connections after three seconds without a byte (timeout client, timeout server).',
    place: 'path',
    programs: ['ssh', 'sshd', 'haproxy'],
    expected: {
      client: [
        orSilent(
          expect(['closed-in-session', 'reset-in-session'], 'server', 'server-process-died'),
          'the proxy speaks in the server’s name',
        ),
      ],
      server: [orSilent(expect(['completed', 'reset-in-session'], 'client'), 'and in the client’s')],
    },
    together: [{ cause: ['closed-by-proxy'], place: 'path' }],
    run: async (lab) => {
      await lab.sshd();
      await haproxy(lab, '3s');
      await lab.capture();
      const client = await lab.loggedIn(atProxy(lab));
      await client.ended;
      await sleep(500);
    },
  },
  {
    name: 'reset-in-session-forged-seen-in-between',
    made: 'Two devices on the path, captured between them: that nearer to the server forges resets to both ends (hop limit 128).',
    place: 'path',
    topology: 'wired',
    programs: ['ssh', 'sshd'],
    expected: {
      client: [expect('reset-in-session', ['path', 'server'], 'rst-injected')],
      server: [expect('reset-in-session', ['path', 'client'], 'rst-injected')],
      router: [expect('reset-in-session', ['path', 'server', 'client'], 'rst-injected')],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.cableInBetween();
      await lab.wire('r0', 'm0');
      const wire = await lab.wire('m1', 'r1', '--hops', '128', '--at', 'c:255', 'reset-both');
      await lab.capture({ router: 'm1' });
      const client = await lab.loggedIn({ command: TALKATIVE });
      await sleep(1_000);
      wire.signal('SIGUSR1');
      await client.ended;
      await sleep(500);
    },
  },
  {
    name: 'no-syn-ack-seen-in-between',
    made: 'The router drops one source, and is captured where it comes in; a monitor of another source reads the identification string.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables', 'node'],
    expected: {
      client: [expect('no-syn-ack', 'nobody', 'filtered'), at('client', GRABBED)],
      router: [expect('no-syn-ack', 'nobody', 'filtered'), at('client', GRABBED)],
      server: [at('client', GRABBED)],
    },
    run: async (lab) => {
      const [bad] = lab.plan.neighbours;
      await lab.sshd();
      await lab.network.firewall([`ip saddr ${bad} tcp dport ${lab.port} drop`]);
      await lab.capture({ router: 'r0' });
      await lab.ssh({ settings: ['ConnectTimeout=6', `BindAddress=${bad}`] }).ended;
      await lab.node('client', connecting(lab, "s.once('data', () => s.end())")).ended;
    },
  },
];

async function masquerade({ network }: Lab): Promise<void> {
  await network.run('router', 'nft', 'add table ip lab');
  await network.run('router', 'nft', 'add chain ip lab post { type nat hook postrouting priority 100; }');
  await network.run('router', 'nft', 'add rule ip lab post oifname r1 masquerade');
}

const atProxy = ({ plan }: Lab): SshOptions => ({ address: `${plan.clientNet}.1`, settings: UNTRUSTING });

async function killedWhileLoggedIn(lab: Lab, options: SshOptions): Promise<void> {
  const client = await lab.loggedIn({ ...options, settings: UNTRUSTING });
  await sleep(1_000);
  await lab.signalSessions('SIGKILL');
  await client.ended;
  await sleep(300);
}

async function haproxy(lab: Lab, patience: string): Promise<void> {
  const file = lab.write(
    'haproxy.cfg',
    `defaults
  mode tcp
  timeout connect 5s
  timeout client ${patience}
  timeout server ${patience}
listen ssh
  bind :${lab.port}
  server one ${lab.plan.server}:${lab.port}
`,
  );
  const running = lab.network.start('router', ['haproxy', '-f', file, '-db']);
  await lab.network.listening('router', lab.port, running);
}
