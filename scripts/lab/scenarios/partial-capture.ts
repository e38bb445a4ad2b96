import { setTimeout as sleep } from 'node:timers/promises';
import { both, COMPLETED, expect, OPEN, type Scenario } from '../scenario.ts';

const KEEPALIVE = ['ServerAliveInterval=1', 'ServerAliveCountMax=100'];
const TALKATIVE = 'while sleep 0.5; do date; done';

/** Good or bad sessions of which the capture does not hold everything, or more than once. */
export const PARTIAL_CAPTURE: readonly Scenario[] = [
  {
    name: 'closed-midway',
    made: 'The capture begins two seconds after the login and holds the logout.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: both(expect('closed-midway')),
    run: async (lab) => {
      await lab.sshd();
      const client = await lab.loggedIn({ command: 'sleep 4; echo bye' });
      await sleep(2_000);
      await lab.capture();
      await client.ended;
    },
  },
  {
    name: 'reset-midway',
    made: 'The capture begins after the login; a rule that resets what goes to the SSH port is added to the router.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('reset-midway', undefined, 'rst-injected', 'rejected-by-firewall')],
      server: [expect('lost-midway', 'nobody', 'path-lost')],
    },
    run: async (lab) => {
      await lab.sshd();
      const client = await lab.loggedIn({ command: TALKATIVE });
      await lab.capture();
      await sleep(2_000);
      await lab.network.firewall([`tcp dport ${lab.port} reject with tcp reset`]);
      await client.ended;
      // What the server has to say next stays unanswered.
      await sleep(4_000);
    },
  },
  {
    name: 'icmp-midway',
    made: 'The capture begins after the login; the router loses its link to the server.',
    place: 'path',
    programs: ['ssh', 'sshd'],
    expected: {
      client: [expect('icmp-midway', 'path', 'icmp-network-unreachable', 'path-lost')],
      server: [OPEN],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.loggedIn({ settings: KEEPALIVE });
      await lab.capture();
      await sleep(3_000);
      await lab.network.run('router', 'ip', 'link', 'set', 'r1', 'down');
      await sleep(7_000);
    },
  },
  {
    name: 'lost-midway',
    made: 'The capture begins after the login; the router begins to drop everything.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: { client: [expect('lost-midway', 'nobody', 'path-lost')], server: [OPEN] },
    run: async (lab) => {
      await lab.sshd();
      await lab.loggedIn({ settings: KEEPALIVE });
      await lab.capture();
      await sleep(3_000);
      await lab.network.firewall([`tcp dport ${lab.port} drop`, `tcp sport ${lab.port} drop`]);
      await sleep(12_000);
    },
  },
  {
    name: 'undetermined-to-server-only',
    made: 'A good login of which only the packets to the server were captured.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: both(expect('undetermined')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ filter: `tcp dst port ${lab.port}` });
      await lab.ssh().ended;
    },
  },
  {
    name: 'undetermined-from-server-only',
    made: 'A good login of which only the packets from the server were captured.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: both(expect('undetermined')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ filter: `tcp src port ${lab.port}` });
      await lab.ssh().ended;
    },
  },
  {
    name: 'snap-length-96',
    made: 'A good login captured with tcpdump -s 96, which cuts identification strings and proposals.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: both(expect(['completed', 'undetermined'])),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ options: ['-s', '96'] });
      await lab.ssh().ended;
    },
  },
  {
    name: 'snap-length-60',
    made: 'A good login captured with tcpdump -s 60, which cuts the TCP options.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: both(expect(['completed', 'undetermined'])),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ options: ['-s', '60'] });
      await lab.ssh().ended;
    },
  },
  {
    name: 'completed-any-interface',
    made: 'A good login captured on the router with tcpdump -i any: Linux cooked, each packet twice.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: { ...both(COMPLETED), router: [COMPLETED] },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ router: 'any' });
      await lab.ssh().ended;
    },
  },
  {
    name: 'completed-two-interfaces',
    made: 'A good login captured by dumpcap on both interfaces of the router: pcapng, each packet twice.',
    place: 'nowhere',
    programs: ['ssh', 'sshd', 'dumpcap'],
    expected: { ...both(COMPLETED), router: [COMPLETED] },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ router: 'two-interfaces' });
      await lab.ssh().ended;
    },
  },
  {
    name: 'completed-nanoseconds',
    made: 'A good login captured with nanosecond time stamps.',
    place: 'nowhere',
    programs: ['ssh', 'sshd'],
    expected: both(COMPLETED),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ options: ['--time-stamp-precision=nano'] });
      await lab.ssh().ended;
    },
  },
];
