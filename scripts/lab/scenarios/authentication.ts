import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientRun, type Lab, type SshOptions } from '../lab.ts';
import { until } from '../network.ts';
import { expect, type Scenario } from '../scenario.ts';

const PASSWORD_ONLY = ['PreferredAuthentications=password', 'PubkeyAuthentication=no'];

/** After NEWKEYS, before a login. */
export const AUTHENTICATION: readonly Scenario[] = [
  {
    name: 'close-during-auth-unknown-key',
    made: 'The client has a key that the server does not know.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('close-during-auth', 'client', 'authentication-failed')],
    run: async (lab) => {
      await lab.sshd(['PasswordAuthentication no', 'KbdInteractiveAuthentication no']);
      await lab.capture();
      return clientRun(await lab.ssh({ identity: lab.keys.strangers[0] ?? '' }).ended);
    },
  },
  {
    name: 'close-during-auth-wrong-password',
    made: 'Three wrong passwords.',
    programs: ['ssh', 'sshd'],
    sessions: [{ fate: ['close-during-auth'], endedBy: ['client'], cause: ['authentication-failed'] }],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      return clientRun(await lab.ssh({ ...typing(lab, 'echo wrong'), settings: PASSWORD_ONLY }).ended);
    },
  },
  {
    name: 'close-during-auth-too-many-failures',
    made: 'MaxAuthTries 3 and a client that offers seven keys.',
    programs: ['ssh', 'sshd'],
    sessions: [
      // The server says goodbye inside the encryption and both close at once.
      {
        fate: ['close-during-auth'],
        endedBy: ['server', 'client', 'both'],
        cause: ['too-many-authentication-failures', 'authentication-failed'],
      },
    ],
    run: async (lab) => {
      await lab.sshd(['MaxAuthTries 3']);
      await lab.capture();
      const settings = lab.keys.strangers.map((key) => `IdentityFile=${key}`);
      return clientRun(await lab.ssh({ settings }).ended);
    },
  },
  {
    name: 'close-during-auth-user-gave-up',
    made: 'The user interrupts the client at the password prompt.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('close-during-auth', 'client', 'user-gave-up')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const client = await atThePrompt(lab);
      await sleep(2_000);
      const stopped = client.stop('SIGINT');
      // The prompt's script would outlive its client.
      answer(lab);
      return clientRun(await stopped);
    },
  },
  {
    name: 'close-during-auth-login-grace',
    made: 'LoginGraceTime 4 and a user who sits at the password prompt.',
    programs: ['ssh', 'sshd'],
    sessions: [expect('close-during-auth', 'server', 'login-grace-expired')],
    run: async (lab) => {
      await lab.sshd(['LoginGraceTime 4']);
      await lab.capture();
      const client = await atThePrompt(lab);
      await sleep(6_000);
      await lab.endCapture();
      // It learns of the close only when the prompt is answered.
      answer(lab);
      return clientRun(await client.ended);
    },
  },
  {
    name: 'icmp-during-auth',
    made: 'At the password prompt the router begins to refuse what goes to port 22 with ICMP administratively prohibited.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('icmp-during-auth', 'path', 'icmp-admin-prohibited', 'rejected-by-firewall')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await atThePrompt(lab);
      await lab.network.firewall(['tcp dport 22 reject with icmp type admin-prohibited']);
      answer(lab);
      await sleep(6_000);
      await lab.endCapture();
      return undefined;
    },
  },
  {
    name: 'stalled-during-auth',
    made: 'At the password prompt the router begins to drop what goes to and comes from port 22. A ping 17 s later.',
    programs: ['ssh', 'sshd', 'nftables'],
    sessions: [expect('stalled-during-auth', 'nobody', 'path-lost')],
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await atThePrompt(lab);
      await lab.network.firewall(['tcp dport 22 drop', 'tcp sport 22 drop']);
      answer(lab);
      await lab.silence();
      await lab.endCapture();
      return undefined;
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
