import { type Lab, PASSWORD, PASSWORD_ONLY } from '../lab.ts';
import type { Argv } from '../network.ts';
import { at, both, COMPLETED, expect, orSilent, type Program, type Scenario } from '../scenario.ts';
import { narrow } from './key-exchange.ts';

const UNTRUSTING = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'];
const failed = expect('close-during-auth', 'client', 'authentication-failed');

/** A login without trouble: no cause may be given. */
const healthy = (
  name: string,
  made: string,
  programs: readonly Program[],
  run: (lab: Lab) => Promise<Argv>,
  environment: (lab: Lab) => Readonly<Record<string, string>> = () => ({}),
  large?: true,
): Scenario => ({
  name: `completed-${name}`,
  made,
  place: 'nowhere',
  programs,
  expected: both(COMPLETED),
  ...(large && { large }),
  run: async (lab) => {
    const argv = await run(lab);
    await lab.capture();
    const { code, stderr } = await lab.client(argv, environment(lab)).ended;
    if (code !== 0) throw new Error(`the login failed: ${stderr.trim().slice(-200)}`);
  },
});

/** Any client that does not get in, at any server. */
const unwelcome = (
  name: string,
  made: string,
  programs: readonly Program[],
  run: (lab: Lab) => Promise<Argv>,
  expected = failed,
  environment: (lab: Lab) => Readonly<Record<string, string>> = () => ({}),
): Scenario => ({
  ...{ name, made, place: 'client', programs, expected: both(expected) },
  run: async (lab) => {
    const argv = await run(lab);
    await lab.capture();
    await lab.client(argv, environment(lab)).ended;
  },
});

const dropbear = (lab: Lab): Promise<unknown> =>
  lab.serve(`exec dropbear -F -E -s -p ${lab.port} -r ${lab.keys.dropbearHost}`, [[lab.keys.home, '/root']]);

const tinysshd = (lab: Lab): Promise<unknown> =>
  lab.serve(`exec socat TCP4-LISTEN:${lab.port},fork,reuseaddr EXEC:"tinysshd ${lab.keys.tinysshHost}"`, [
    [lab.keys.home, '/root'],
  ]);

const sshdWithPassword = async (lab: Lab, ...configuration: readonly string[]): Promise<unknown> =>
  lab.sshd(configuration, { binds: [await lab.shadow()] });

const dbclient = (lab: Lab, key: string, ...command: readonly string[]): Argv => [
  ...(['dbclient', '-y', '-y', '-p', `${lab.port}`, '-i', key, `root@${lab.plan.server}`] as const),
  ...command,
];

async function plink(lab: Lab, ...argv: readonly string[]): Promise<Argv> {
  const lines = await lab.network.run('client', 'ssh-keygen', '-lf', lab.keys.host[0] ?? '');
  const fingerprint = /SHA256:\S+/.exec(lines)?.[0] ?? '';
  const at = `root@${lab.plan.server}`;
  return ['plink', '-batch', '-ssh', '-P', `${lab.port}`, '-hostkey', fingerprint, ...argv, at, 'echo hello'];
}

/** The same options for scp and sftp. */
const copying = (lab: Lab, program: 'scp' | 'sftp', ...argv: readonly string[]): Argv => {
  const options = lab
    .sshArgv()
    .slice(1, -1)
    .filter((word) => word !== '-p' && word !== `${lab.port}`);
  return [program, '-P', `${lab.port}`, ...options, ...argv];
};

const bytes = (lab: Lab, count: number): string => lab.write('payload', 'x'.repeat(count));

export const PROGRAMS: readonly Scenario[] = [
  healthy(
    'password',
    'Login with a password.',
    ['ssh', 'sshd'],
    async (lab) => {
      await sshdWithPassword(lab);
      return lab.sshArgv({ command: 'echo hello', settings: PASSWORD_ONLY });
    },
    (lab) => lab.typing(`echo '${PASSWORD}'`),
  ),
  healthy('password-putty', 'Login with a password, plink.', ['plink', 'sshd'], async (lab) => {
    await sshdWithPassword(lab);
    return plink(lab, '-pw', PASSWORD);
  }),
  healthy(
    'password-dbclient',
    'Login with a password, dbclient.',
    ['dbclient', 'sshd'],
    async (lab) => {
      await sshdWithPassword(lab);
      return ['dbclient', '-y', '-y', '-p', `${lab.port}`, `root@${lab.plan.server}`, 'echo hello'];
    },
    () => ({ DROPBEAR_PASSWORD: PASSWORD }),
  ),
  healthy(
    'password-third-try',
    'Two wrong passwords and the right one.',
    ['ssh', 'sshd'],
    async (lab) => {
      await sshdWithPassword(lab);
      return lab.sshArgv({ command: 'echo hello', settings: PASSWORD_ONLY });
    },
    (lab) => {
      const tries = lab.write('tries', '');
      return lab.typing(
        `echo x >> ${tries}; [ $(wc -l < ${tries}) = 3 ] && echo '${PASSWORD}' || echo wrong`,
      );
    },
  ),
  healthy('second-key', 'The third of the client’s keys is the right one.', ['ssh', 'sshd'], async (lab) => {
    await lab.sshd();
    const settings = lab.keys.strangers.slice(0, 2).map((key) => `IdentityFile=${key}`);
    return lab.sshArgv({ command: 'echo hello', settings });
  }),
  healthy('agent', 'Login with a key from an agent, which is forwarded.', ['ssh', 'sshd'], async (lab) => {
    await lab.sshd();
    const [ssh, ...argv] = lab.sshArgv({ command: 'echo hello', settings: ['ForwardAgent=yes'] });
    const line = [ssh, ...argv].map((word) => `'${word}'`).join(' ');
    return ['ssh-agent', 'sh', '-c', `ssh-add -q ${lab.keys.client} && exec ${line}`];
  }),
  healthy('other-port', 'sshd on another port than the usual one.', ['ssh', 'sshd'], async (lab) => {
    await lab.sshd([], { port: lab.port });
    return lab.sshArgv({ command: 'echo hello' });
  }),
  healthy(
    'exit-code',
    'The account’s shell is nologin: logged in, told so, exit.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd(['ForceCommand echo no; exit 0']);
      return lab.sshArgv({ command: 'true' });
    },
  ),
  healthy(
    'compression',
    'Compression wanted by the client and refused by sshd: they agree on none.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd(['Compression no']);
      return lab.sshArgv({ command: 'echo hello', settings: ['Compression=yes'] });
    },
  ),
  healthy('aes-gcm', 'With AES-GCM.', ['ssh', 'sshd'], async (lab) => {
    await lab.sshd();
    return lab.sshArgv({ command: 'echo hello', settings: ['Ciphers=aes256-gcm@openssh.com'] });
  }),
  healthy(
    'aes-ctr',
    'With AES-CTR and HMAC-SHA2, and a Diffie-Hellman group exchange.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd();
      const settings = [
        'Ciphers=aes128-ctr',
        'MACs=hmac-sha2-256',
        'KexAlgorithms=diffie-hellman-group-exchange-sha256',
      ];
      return lab.sshArgv({ command: 'echo hello', settings });
    },
  ),
  healthy('scp', 'scp of 60 kB.', ['ssh', 'sshd'], async (lab) => {
    await lab.sshd();
    return copying(lab, 'scp', bytes(lab, 60_000), `root@${lab.plan.server}:/dev/null`);
  }),
  healthy(
    'scp-large',
    'scp of 4 MB.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd();
      return copying(lab, 'scp', bytes(lab, 4_000_000), `root@${lab.plan.server}:/dev/null`);
    },
    undefined,
    true,
  ),
  healthy(
    'rekey',
    'RekeyLimit 8K and 40 kB of output: new keys several times.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd();
      return lab.sshArgv({ command: 'head -c 40000 /dev/zero; sleep 0.5', settings: ['RekeyLimit=8K'] });
    },
  ),
  healthy(
    'rekey-large',
    'RekeyLimit 1M and 6 MB of output.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd();
      return lab.sshArgv({ command: 'head -c 6000000 /dev/zero; sleep 0.5', settings: ['RekeyLimit=1M'] });
    },
    undefined,
    true,
  ),
  healthy(
    'silent-resolver',
    'UseDNS and a resolver that does not answer: four seconds before the first answer.',
    ['ssh', 'sshd'],
    async (lab) => {
      const resolver = lab.write(
        'resolv.conf',
        `nameserver ${lab.plan.nobody}\noptions timeout:2 attempts:1\n`,
        0o644,
      );
      await lab.network.run('router', 'ip', 'route', 'add', 'blackhole', `${lab.plan.nobody}/32`);
      await lab.sshd(['UseDNS yes'], { binds: [[resolver, '/etc/resolv.conf']] });
      return lab.sshArgv({ command: 'echo hello' });
    },
  ),
  healthy(
    'path-mtu-answered',
    'The path takes 1000 bytes, and the router says so: nothing stalls.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd();
      await narrow(lab, 'r1', false);
      await narrow(lab, 'r0', false);
      return lab.sshArgv({ command: 'echo hello' });
    },
  ),
  healthy(
    'mss-clamped',
    'The path takes 1000 bytes in silence, and the router clamps the MSS.',
    ['ssh', 'sshd', 'nftables'],
    async (lab) => {
      await lab.sshd();
      await narrow(lab, 'r1');
      await narrow(lab, 'r0');
      await lab.network.firewall(['tcp flags syn tcp option maxseg size set 900']);
      return lab.sshArgv({ command: 'echo hello' });
    },
  ),
  healthy('dropbear-both', 'dbclient at dropbear.', ['dbclient', 'dropbear'], async (lab) => {
    await dropbear(lab);
    return dbclient(lab, lab.keys.dropbearClient, 'echo hello');
  }),
  healthy('putty-dropbear', 'plink at dropbear.', ['plink', 'dropbear'], async (lab) => {
    await dropbear(lab);
    const lines = await lab.network.run('client', 'dropbearkey', '-y', '-f', lab.keys.dropbearHost);
    const fingerprint = /SHA256:\S+/.exec(lines)?.[0] ?? '';
    const at = `root@${lab.plan.server}`;
    const key = ['-i', lab.keys.puttyClient];
    return ['plink', '-batch', '-P', `${lab.port}`, '-hostkey', fingerprint, ...key, at, 'echo hello'];
  }),
  {
    // dbclient closes the channel, and tinysshd then the connection: nothing is wrong with that.
    ...healthy(
      'dbclient-tinyssh',
      'dbclient at tinysshd.',
      ['dbclient', 'tinysshd', 'socat'],
      async (lab) => {
        await tinysshd(lab);
        return dbclient(lab, lab.keys.dropbearClient, 'echo hello');
      },
    ),
    expected: both(expect(['completed', 'closed-in-session'])),
  },
  healthy('dropbear-ipv6', 'ssh at dropbear over IPv6.', ['ssh', 'dropbear'], async (lab) => {
    await dropbear(lab);
    return lab.sshArgv({ command: 'echo hello', settings: UNTRUSTING, address: lab.plan.server6 });
  }),
  healthy('openssh-10-server', 'ssh 9.2 at OpenSSH 10.', ['ssh', 'openssh-10'], async (lab) => {
    await lab.sshdTen();
    return lab.sshArgv({ command: 'echo hello' });
  }),
  {
    name: 'completed-openssh-10',
    made: 'OpenSSH 10 at both ends.',
    place: 'nowhere',
    programs: ['openssh-10'],
    expected: both(COMPLETED),
    run: async (lab) => {
      await lab.sshdTen();
      await lab.capture();
      await lab.ssh({ ten: true }).ended;
    },
  },
  {
    name: 'close-during-auth-openssh-10',
    made: 'A client of OpenSSH 10 with a key that sshd does not know.',
    place: 'client',
    programs: ['openssh-10', 'sshd'],
    expected: both(failed),
    run: async (lab) => {
      await lab.sshd(['PasswordAuthentication no', 'KbdInteractiveAuthentication no']);
      await lab.capture();
      await lab.ssh({ ten: true, identity: lab.keys.strangers[0] ?? '' }).ended;
    },
  },
  {
    name: 'close-during-auth-refuse-connection-openssh-10',
    made: 'OpenSSH 10 with RefuseConnection yes: closed at the first authentication request.',
    place: 'server',
    programs: ['ssh', 'openssh-10'],
    expected: both(
      orSilent(
        expect('close-during-auth', 'server', 'authentication-failed', 'access-denied-early', 'penalty'),
        'closed without a word',
      ),
    ),
    run: async (lab) => {
      await lab.sshdTen(['RefuseConnection yes', 'PerSourcePenalties no']);
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'before-banner-dead-backend-openssh-10',
    made: 'socat forwards the SSH port to a port where nothing listens; the client of OpenSSH 10.',
    place: 'server',
    programs: ['openssh-10', 'socat'],
    expected: both(expect(['fin-before-banner', 'rst-before-banner'], 'server', 'backend-down')),
    run: async (lab) => {
      await lab.serve(`exec socat TCP4-LISTEN:${lab.port},fork,reuseaddr TCP4:127.0.0.1:9`);
      await lab.capture();
      await lab.ssh({ ten: true }).ended;
    },
  },
  {
    name: 'close-during-kex-no-common-kex-openssh-10',
    made: 'sshd with diffie-hellman-group14-sha1 only; the client of OpenSSH 10 as it comes.',
    place: 'hosts',
    programs: ['openssh-10', 'sshd'],
    expected: both(at('hosts', expect('close-during-kex', ['both', 'client', 'server'], 'no-common-kex'))),
    run: async (lab) => {
      await lab.sshd(['KexAlgorithms diffie-hellman-group14-sha1']);
      await lab.capture();
      await lab.ssh({ ten: true }).ended;
    },
  },
  {
    name: 'close-during-kex-host-key-openssh-10',
    made: 'The client of OpenSSH 10, StrictHostKeyChecking=yes, an empty known_hosts.',
    place: 'client',
    programs: ['openssh-10', 'sshd'],
    expected: both(expect('close-during-kex', 'client', 'host-key-rejected')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.ssh({ ten: true, settings: ['UserKnownHostsFile=/dev/null'] }).ended;
    },
  },
  unwelcome(
    'close-during-auth-unknown-user',
    'A user that the server does not have.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd();
      return lab.sshArgv({ user: 'nobody-of-that-name', settings: ['BatchMode=yes'] });
    },
  ),
  unwelcome('close-during-auth-deny-users', 'The right key, but DenyUsers.', ['ssh', 'sshd'], async (lab) => {
    await lab.sshd(['DenyUsers root']);
    return lab.sshArgv({ settings: ['BatchMode=yes'] });
  }),
  unwelcome(
    'close-during-auth-dropbear',
    'ssh at dropbear with a key that it does not know.',
    ['ssh', 'dropbear'],
    async (lab) => {
      await dropbear(lab);
      return lab.sshArgv({ identity: lab.keys.strangers[0] ?? '', settings: UNTRUSTING });
    },
  ),
  unwelcome(
    'close-during-auth-tinyssh',
    'ssh at tinysshd with a key that it does not know.',
    ['ssh', 'tinysshd', 'socat'],
    async (lab) => {
      await tinysshd(lab);
      return lab.sshArgv({ identity: lab.keys.strangers[0] ?? '', settings: UNTRUSTING });
    },
    expect('close-during-auth', ['client', 'server', 'both'], 'authentication-failed'),
  ),
  unwelcome('close-during-auth-putty', 'plink with a wrong password.', ['plink', 'sshd'], async (lab) => {
    await sshdWithPassword(lab);
    return plink(lab, '-pw', 'wrong');
  }),
  unwelcome(
    'close-during-auth-dbclient',
    'dbclient with a wrong password.',
    ['dbclient', 'sshd'],
    async (lab) => {
      await sshdWithPassword(lab);
      return ['dbclient', '-y', '-y', '-p', `${lab.port}`, `root@${lab.plan.server}`, 'echo hello'];
    },
    expect(
      'close-during-auth',
      ['client', 'server', 'both'],
      'authentication-failed',
      'too-many-authentication-failures',
    ),
    () => ({ DROPBEAR_PASSWORD: 'wrong' }),
  ),
  unwelcome(
    'close-during-kex-no-common-kex-dropbear',
    'ssh that wants sntrup761x25519 at dropbear.',
    ['ssh', 'dropbear'],
    async (lab) => {
      await dropbear(lab);
      return lab.sshArgv({ settings: ['KexAlgorithms=sntrup761x25519-sha512@openssh.com', ...UNTRUSTING] });
    },
    at('hosts', expect('close-during-kex', ['both', 'client', 'server'], 'no-common-kex')),
  ),
  unwelcome(
    'close-during-kex-no-common-cipher-tinyssh',
    'ssh that wants aes128-ctr at tinysshd.',
    ['ssh', 'tinysshd', 'socat'],
    async (lab) => {
      await tinysshd(lab);
      return lab.sshArgv({ settings: ['Ciphers=aes128-ctr', ...UNTRUSTING] });
    },
    at('hosts', expect('close-during-kex', ['both', 'client', 'server'], 'no-common-cipher')),
  ),
  unwelcome(
    'close-during-kex-no-common-mac-putty',
    'sshd with umac-64 only; plink.',
    ['plink', 'sshd'],
    async (lab) => {
      await lab.sshd(['Ciphers aes128-ctr', 'MACs umac-64@openssh.com']);
      return plink(lab, '-i', lab.keys.puttyClient);
    },
    orSilent(
      at('hosts', expect('close-during-kex', ['both', 'client', 'server'], 'no-common-mac')),
      'plink may leave before its own proposal is on the wire',
    ),
  ),
  unwelcome(
    'close-during-kex-no-common-cipher-dbclient',
    'sshd with AES-GCM only; dbclient.',
    ['dbclient', 'sshd'],
    async (lab) => {
      await lab.sshd(['Ciphers aes256-gcm@openssh.com']);
      return [...dbclient(lab, lab.keys.dropbearClient), '-c', 'aes128-ctr'] as unknown as Argv;
    },
    at('hosts', expect('close-during-kex', ['both', 'client', 'server'], 'no-common-cipher')),
  ),
  unwelcome(
    'close-during-kex-no-common-host-key-ssh-rsa',
    'sshd with ssh-rsa only; ssh 9.2 as it comes.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd(['HostKeyAlgorithms ssh-rsa']);
      return lab.sshArgv({ settings: UNTRUSTING });
    },
    at('hosts', expect('close-during-kex', ['both', 'client', 'server'], 'no-common-host-key')),
  ),
  unwelcome(
    'close-during-kex-host-key-putty',
    'plink -batch with a host key that it does not know.',
    ['plink', 'sshd'],
    async (lab) => {
      await lab.sshd();
      return ['plink', '-batch', '-P', `${lab.port}`, `root@${lab.plan.server}`, 'echo hello'];
    },
    expect('close-during-kex', 'client', 'host-key-rejected'),
  ),
  unwelcome(
    'close-during-kex-host-key-declined',
    'The user thinks for three seconds about an unknown host key, and says no.',
    ['ssh', 'sshd'],
    async (lab) => {
      await lab.sshd();
      return lab.sshArgv({ settings: ['StrictHostKeyChecking=ask', 'UserKnownHostsFile=/dev/null'] });
    },
    expect('close-during-kex', 'client', 'host-key-rejected'),
    (lab) => lab.typing('sleep 3; echo no'),
  ),
];
