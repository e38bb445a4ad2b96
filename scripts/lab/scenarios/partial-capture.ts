import { setTimeout as sleep } from 'node:timers/promises';
import { clientRun } from '../lab.ts';
import { expect, type Scenario } from '../scenario.ts';

const KEEPALIVE = ['ServerAliveInterval=1', 'ServerAliveCountMax=100'];
const TALKATIVE = 'while sleep 0.5; do date; done';

/** Good or bad sessions of which the capture does not hold everything, or more than once. */
export const PARTIAL_CAPTURE: readonly Scenario[] = [
  {
    name: 'closed-midway',
    made: 'The capture begins two seconds after the login and holds the logout.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('closed-midway')],
    run: async (lab) => {
      await lab.sshd();
      const client = await lab.loggedIn({ command: 'sleep 4; echo bye' });
      await sleep(2_000);
      await lab.capture();
      return clientRun(await client.ended);
    },
  },
  {
    name: 'reset-midway',
    made: 'The capture begins after the login; a rule that resets what goes to port 22 is added to the router.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [{ fate: ['reset-midway'], cause: ['rst-injected', 'rejected-by-firewall'] }],
    run: async (lab) => {
      await lab.sshd();
      const client = await lab.loggedIn({ command: TALKATIVE });
      await lab.capture();
      await sleep(2_000);
      await lab.network.firewall(['tcp dport 22 reject with tcp reset']);
      return clientRun(await client.ended);
    },
  },
  {
    name: 'icmp-midway',
    made: 'The capture begins after the login; the router loses its link to the server.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('icmp-midway', 'path', 'icmp-network-unreachable', 'path-lost')],
    run: async (lab) => {
      await lab.sshd();
      await lab.loggedIn({ settings: KEEPALIVE });
      await lab.capture();
      await sleep(3_000);
      await lab.network.run('router', 'ip', 'link', 'set', 'r1', 'down');
      await sleep(7_000);
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'lost-midway',
    made: 'The capture begins after the login; the router begins to drop everything.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('lost-midway', 'nobody', 'path-lost')],
    run: async (lab) => {
      await lab.sshd();
      await lab.loggedIn({ settings: KEEPALIVE });
      await lab.capture();
      await sleep(3_000);
      await lab.network.firewall(['tcp dport 22 drop', 'tcp sport 22 drop']);
      await sleep(12_000);
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'undetermined-to-server-only',
    made: 'A good login of which only the packets to the server were captured.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('undetermined')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ filter: 'tcp dst port 22' });
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'undetermined-from-server-only',
    made: 'A good login of which only the packets from the server were captured.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('undetermined')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ filter: 'tcp src port 22' });
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'snap-length-96',
    made: 'A good login captured with tcpdump -s 96, which cuts identification strings and proposals.',
    programs: ['ssh', 'sshd'],
    sessions: [{ fate: ['completed', 'undetermined'] }],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ options: ['-s', '96'] });
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'snap-length-60',
    made: 'A good login captured with tcpdump -s 60, which cuts the TCP options.',
    programs: ['ssh', 'sshd'],
    sessions: [{ fate: ['completed', 'undetermined'] }],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ options: ['-s', '60'] });
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'completed-any-interface',
    made: 'A good login captured on the router with tcpdump -i any: Linux cooked, each packet twice.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('completed', 'client')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ at: 'router' });
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'completed-two-interfaces',
    format: 'pcapng',
    made: 'A good login captured by dumpcap on both interfaces of the router: pcapng, each packet twice.',
    programs: ['ssh', 'sshd', 'dumpcap'],
    sessions: [expect('completed', 'client')],
    run: async (lab) => {
      await lab.sshd();
      await lab.captureTwoInterfaces();
      return clientRun(await lab.ssh().ended);
    },
  },
  {
    name: 'completed-nanoseconds',
    made: 'A good login captured with nanosecond time stamps.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('completed', 'client')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture({ options: ['--time-stamp-precision=nano'] });
      return clientRun(await lab.ssh().ended);
    },
  },
];
