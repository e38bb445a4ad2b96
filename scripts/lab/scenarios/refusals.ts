import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../lab.ts';
import type { Running } from '../network.ts';
import { until } from '../network.ts';
import { at, both, COMPLETED, expect, OPEN, orSilent, type Scenario, times } from '../scenario.ts';
import { connecting } from './before-banner.ts';

const refused = (...cause: readonly string[]) =>
  expect(['fin-before-banner', 'rst-before-banner'], 'server', ...cause);
const failed = expect('close-during-auth', 'client', 'authentication-failed');

/** The server lets some in and others not, before it has said who it is. */
export const REFUSALS: readonly Scenario[] = [
  {
    name: 'before-banner-max-startups-random',
    made: 'MaxStartups 3:50:100 while three clients hold connections: of twelve more, chance refuses some.',
    place: 'server',
    programs: ['ssh', 'sshd', 'node'],
    expected: both(
      ...times(3, OPEN),
      ...times(
        12,
        orSilent(
          expect(
            ['fin-before-banner', 'rst-before-banner', 'completed'],
            ['server', 'client'],
            'max-startups',
          ),
          'chance may let it in',
        ),
      ),
    ),
    run: async (lab) => {
      await lab.sshd(['MaxStartups 3:50:100']);
      await lab.capture();
      await hold(lab, 3);
      for (let n = 0; n < 12; n++) await lab.ssh().ended;
    },
  },
  {
    name: 'before-banner-per-source-max-startups',
    made: 'PerSourceMaxStartups 1 while one source holds a connection: it gets no other, another source does.',
    place: 'server',
    programs: ['ssh', 'sshd', 'node'],
    expected: both(OPEN, ...times(2, refused('penalty', 'max-startups')), COMPLETED),
    run: async (lab) => {
      await lab.sshd(['PerSourceMaxStartups 1']);
      await lab.capture();
      await hold(lab, 1);
      for (let n = 0; n < 2; n++) await lab.ssh().ended;
      await lab.ssh({ settings: [`BindAddress=${lab.plan.neighbours[0]}`] }).ended;
    },
  },
  {
    name: 'before-banner-dropbear-per-source-limit',
    made: 'One source holds five connections to dropbear without a login: it closes the sixth without a byte.',
    place: 'server',
    programs: ['ssh', 'dropbear', 'node'],
    expected: both(...times(5, OPEN), ...times(2, refused('max-startups', 'penalty'))),
    run: async (lab) => {
      await lab.serve(`exec dropbear -F -E -s -p ${lab.port} -r ${lab.keys.dropbearHost}`);
      await lab.capture();
      await hold(lab, 5);
      for (let n = 0; n < 2; n++) await lab.ssh().ended;
    },
  },
  {
    name: 'before-banner-penalties-openssh-10',
    made: 'OpenSSH 10, PerSourcePenalties: a source that failed is not let in again; another is.',
    place: 'server',
    programs: ['ssh', 'openssh-10'],
    expected: both(at('client', failed), ...times(2, refused('penalty')), COMPLETED),
    run: async (lab) => {
      await lab.sshdTen(['PerSourcePenalties authfail:20 min:1 noauth:20', 'PasswordAuthentication no']);
      await lab.capture();
      await lab.ssh({ identity: lab.keys.strangers[0] ?? '' }).ended;
      for (let n = 0; n < 2; n++) {
        await sleep(400);
        await lab.ssh().ended;
      }
      await lab.ssh({ settings: [`BindAddress=${lab.plan.neighbours[0]}`] }).ended;
    },
  },
  {
    name: 'before-banner-max-startups-openssh-10',
    made: 'OpenSSH 10, MaxStartups 1:100:1 while one client holds a connection.',
    place: 'server',
    programs: ['openssh-10', 'node'],
    // Since 9.8 the text is the same for all refusals.
    expected: both(OPEN, ...times(2, refused('max-startups', 'penalty'))),
    run: async (lab) => {
      await lab.sshdTen(['MaxStartups 1:100:1', 'PerSourcePenalties no']);
      await lab.capture();
      await hold(lab, 1);
      for (let n = 0; n < 2; n++) await lab.ssh({ ten: true }).ended;
    },
  },
  {
    name: 'rst-before-banner-server-broken-openssh-10',
    made: 'OpenSSH 10 whose sshd-session was removed under the running listener; three clients.',
    place: 'server',
    programs: ['ssh', 'openssh-10'],
    // A FIN where the client's identification string was not there yet.
    expected: both(
      ...times(3, expect(['rst-before-banner', 'fin-before-banner'], 'server', 'server-broken')),
    ),
    run: async (lab) => {
      const helpers = `${lab.root10}/usr/lib/openssh`;
      const copy = `${lab.folder}/openssh`;
      await lab.sshdTen(
        [],
        `cp -a ${helpers} ${copy} && mount --bind ${copy} ${helpers} && { (sleep 1; rm ${copy}/sshd-session) & }`,
      );
      await sleep(1_500);
      await lab.capture();
      const sources = [lab.plan.client, ...lab.plan.neighbours];
      for (let n = 0; n < 3; n++) await lab.ssh({ settings: [`BindAddress=${sources[n]}`] }).ended;
    },
  },
  {
    name: 'rst-before-banner-denied-one-source',
    made: 'hosts.deny names one source, which is closed with its identification unread; another gets in.',
    place: 'server',
    programs: ['ssh', 'sshd'],
    expected: both(
      COMPLETED,
      ...times(2, expect('rst-before-banner', 'server', 'access-denied-early')),
      COMPLETED,
    ),
    run: async (lab) => {
      const [bad, good] = lab.plan.neighbours;
      await lab.sshd([], { hostsDeny: `sshd: ${bad}\n` });
      await lab.capture();
      for (const address of [good, bad, bad, good]) {
        await lab.ssh({ settings: [`BindAddress=${address}`] }).ended;
      }
    },
  },
  {
    name: 'close-during-auth-guessing',
    made: 'One source guesses ten passwords, one a connection.',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(...times(10, failed)),
    run: async (lab) => {
      await lab.sshd(['MaxStartups 50']);
      await lab.capture();
      const environment = lab.typing('echo wrong');
      const settings = ['PreferredAuthentications=password', 'NumberOfPasswordPrompts=1'];
      for (let n = 0; n < 10; n++) await lab.ssh({ settings, environment, user: `user${n}` }).ended;
    },
  },
  {
    name: 'closed-in-session-all-at-once',
    made: 'The sshd processes of three sessions are killed in one moment.',
    place: 'server',
    programs: ['ssh', 'sshd'],
    expected: both(
      ...times(3, expect('closed-in-session', 'server', 'server-process-died', 'server-restarted')),
    ),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const clients: Running[] = [];
      for (let n = 0; n < 3; n++) clients.push(await lab.loggedIn());
      await lab.signalSessions('SIGKILL');
      await Promise.all(clients.map(({ ended }) => ended));
    },
  },
];

/** Connections that get the identification string and stay. */
async function hold(lab: Lab, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const holder = lab.node('client', connecting(lab, `s.on('data',d=>console.log('got',d.length))`));
    await until('the identification string', () => holder.printed().includes('got'));
  }
}
