import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab, SshOptions } from '../lab.ts';
import { until } from '../network.ts';
import { both, expect, OPEN, orSilent, type Scenario } from '../scenario.ts';

const PASSWORD_ONLY = ['PreferredAuthentications=password', 'PubkeyAuthentication=no'];

/** After NEWKEYS, before a login. */
export const AUTHENTICATION: readonly Scenario[] = [
  {
    name: 'close-during-auth-unknown-key',
    made: 'The client has a key that the server does not know.',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(expect('close-during-auth', 'client', 'authentication-failed')),
    run: async (lab) => {
      await lab.sshd(['PasswordAuthentication no', 'KbdInteractiveAuthentication no']);
      await lab.capture();
      await lab.ssh({ identity: lab.keys.strangers[0] ?? '' }).ended;
    },
  },
  {
    name: 'close-during-auth-wrong-password',
    made: 'Three wrong passwords.',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(expect('close-during-auth', 'client', 'authentication-failed')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.ssh({ ...typing(lab, 'echo wrong'), settings: PASSWORD_ONLY }).ended;
    },
  },
  {
    name: 'close-during-auth-too-many-failures',
    made: 'MaxAuthTries 3 and a client that offers seven keys.',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(
      expect(
        'close-during-auth',
        ['server', 'client', 'both'],
        'too-many-authentication-failures',
        'authentication-failed',
      ),
    ),
    run: async (lab) => {
      await lab.sshd(['MaxAuthTries 3']);
      await lab.capture();
      const settings = lab.keys.strangers.map((key) => `IdentityFile=${key}`);
      await lab.ssh({ settings }).ended;
    },
  },
  {
    name: 'close-during-auth-user-gave-up',
    made: 'The user interrupts the client at the password prompt.',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(expect('close-during-auth', 'client', 'user-gave-up')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await atThePrompt(lab);
      await sleep(2_000);
      const stopped = client.stop('SIGINT');
      // The prompt's script would outlive its client.
      answer(lab);
      await stopped;
    },
  },
  {
    name: 'close-during-auth-login-grace',
    made: 'LoginGraceTime 4 and a user who sits at the password prompt.',
    place: 'client',
    programs: ['ssh', 'sshd'],
    expected: both(expect('close-during-auth', 'server', 'login-grace-expired')),
    run: async (lab) => {
      await lab.sshd(['LoginGraceTime 4']);
      await lab.capture();
      const client = await atThePrompt(lab);
      await sleep(6_000);
      await lab.endCapture();
      // It learns of the close only when the prompt is answered.
      answer(lab);
      await client.ended;
    },
  },
  {
    name: 'icmp-during-auth',
    made: 'At the password prompt the router begins to refuse what goes to the SSH port with ICMP administratively prohibited.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('icmp-during-auth', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
      server: [OPEN],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await atThePrompt(lab);
      await lab.network.firewall([`tcp dport ${lab.port} reject with icmp type admin-prohibited`]);
      answer(lab);
      await sleep(6_000);
    },
  },
  {
    name: 'stalled-during-auth',
    made: 'At the password prompt the router begins to drop what goes to and comes from the SSH port. A ping 17 s later.',
    place: 'path',
    programs: ['ssh', 'sshd', 'nftables'],
    expected: {
      client: [expect('stalled-during-auth', 'nobody', 'path-lost')],
      server: [
        orSilent(
          expect(['open', 'stalled-during-auth'], 'nobody', 'path-lost'),
          'the server waits for a client that may take its time',
        ),
      ],
    },
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await atThePrompt(lab);
      await lab.network.firewall([`tcp dport ${lab.port} drop`, `tcp sport ${lab.port} drop`]);
      answer(lab);
      await lab.silence();
    },
  },
];

/** A client whose passwords a script types. */
function typing(lab: Lab, script: string): SshOptions {
  const askpass = lab.write('askpass', `#!/bin/sh\n${script}\n`, 0o700);
  return { environment: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' } };
}

/** A client that has come to the password prompt and waits for {@link answer}. */
async function atThePrompt(lab: Lab): Promise<ReturnType<Lab['ssh']>> {
  const [asked, answered] = [`${lab.folder}/asked`, `${lab.folder}/answered`];
  const script = `touch ${asked}; until [ -e ${answered} ]; do sleep 0.1; done; echo wrong 2>/dev/null`;
  const client = lab.ssh({
    ...typing(lab, script),
    settings: [...PASSWORD_ONLY, 'NumberOfPasswordPrompts=1'],
  });
  await until('the password prompt', () => existsSync(asked));
  await sleep(500);
  return client;
}

const answer = (lab: Lab): void => {
  lab.write('answered', '');
};
