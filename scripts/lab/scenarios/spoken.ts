import { both, expect, orSilent, type Scenario, times } from '../scenario.ts';

const ME = 'say:SSH-2.0-Speaker_1\r\n';
const ID = 'say:SSH-2.0-OpenSSH_8.4p1\r\n';
const UNEXPLAINED = 'why it closes is not on the wire';
const died = 'server-process-died';

const mismatch = (
  direction: 'to-server' | 'from-server',
  what: string,
  cause: string,
  offer: Readonly<Record<string, string>>,
  sshd: readonly string[] = [],
): Scenario => ({
  name: `close-during-kex-no-common-${what}-${direction}`,
  made: `A client whose ${what} differs from what sshd has in one direction: ${JSON.stringify(offer)}.`,
  place: 'hosts',
  programs: ['node', 'sshd'],
  expected: both(expect('close-during-kex', ['server', 'both', 'client'], cause)),
  run: async (lab) => {
    await lab.sshd(sshd);
    await lab.capture();
    await lab.speak(ME, 'await', `kexinit:${JSON.stringify(offer)}`, 'hold').ended;
  },
});

/** One side speaks by hand (speaker.js), the other is a real program: what no program does on request. */
export const SPOKEN: readonly Scenario[] = [
  mismatch('to-server', 'cipher', 'no-common-cipher', { cipherClientToServer: 'aes256-cbc' }),
  mismatch('from-server', 'cipher', 'no-common-cipher', { cipherServerToClient: '3des-cbc' }),
  mismatch('to-server', 'mac', 'no-common-mac', { macClientToServer: 'hmac-md5' }),
  mismatch('from-server', 'mac', 'no-common-mac', { macServerToClient: 'hmac-md5-96' }),
  mismatch('to-server', 'compression', 'no-common-compression', { compressionClientToServer: 'zlib' }, [
    'Compression no',
  ]),
  mismatch(
    'from-server',
    'compression',
    'no-common-compression',
    { compressionServerToClient: 'zlib@openssh.com' },
    ['Compression no'],
  ),
  {
    name: 'close-during-kex-no-common-cipher-of-server',
    made: 'A server that offers 3des-cbc only, towards the client only; ssh.',
    place: 'hosts',
    programs: ['ssh', 'node'],
    expected: both(expect('close-during-kex', ['client', 'both', 'server'], 'no-common-cipher')),
    run: async (lab) => {
      await lab.speakingServer(ID, 'kexinit:{"cipherServerToClient":"3des-cbc"}', 'hold');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'close-during-kex-legacy-server',
    made: 'A server that offers what was usual in 2010 (group1, ssh-rsa, CBC); ssh.',
    place: 'hosts',
    programs: ['ssh', 'node'],
    expected: both(expect('close-during-kex', ['client', 'both', 'server'], 'no-common-kex')),
    run: async (lab) => {
      const offer = {
        ...{ kex: 'diffie-hellman-group1-sha1', hostKey: 'ssh-rsa,ssh-dss' },
        ...{ cipherClientToServer: 'aes128-cbc,3des-cbc', cipherServerToClient: 'aes128-cbc,3des-cbc' },
        ...{ macClientToServer: 'hmac-sha1,hmac-md5', macServerToClient: 'hmac-sha1,hmac-md5' },
      };
      await lab.speakingServer('say:SSH-2.0-Cisco-1.25\n', `kexinit:${JSON.stringify(offer)}`, 'hold');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'close-during-kex-corrupt-client',
    made: 'A client’s bytes after its identification are no SSH packet; sshd.',
    place: 'client',
    programs: ['node', 'sshd'],
    expected: both(
      expect(['close-during-kex', 'fin-after-banner', 'rst-after-banner'], 'server', 'corrupt-stream'),
    ),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.speak(ME, 'await', `hex:${'fe'.repeat(64)}`, 'hold').ended;
    },
  },
  {
    name: 'close-during-kex-corrupt-server',
    made: 'A server’s bytes after its identification are HTTP; ssh.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(expect('close-during-kex', 'client', 'corrupt-stream')),
    run: async (lab) => {
      await lab.speakingServer(ID, 'say:HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n', 'hold');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'close-during-kex-strict-violation',
    made: 'A client with strict key exchange sends SSH_MSG_IGNORE during it: sshd says so in clear.',
    place: 'client',
    programs: ['node', 'sshd'],
    expected: both(expect('close-during-kex', 'server', 'disconnect-message')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      const offer = { kex: 'curve25519-sha256,kex-strict-c-v00@openssh.com' };
      await lab.speak(ME, 'await', `kexinit:${JSON.stringify(offer)}`, 'wait:200', 'message:2', 'hold').ended;
    },
  },
  {
    name: 'close-during-kex-server-disconnects',
    made: 'A server says SSH_MSG_DISCONNECT, too many connections, after its proposal; ssh.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(expect('close-during-kex', ['server', 'client'], 'disconnect-message')),
    run: async (lab) => {
      await lab.speakingServer(ID, 'kexinit:', 'await', 'disconnect:12:Too many connections', 'end');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'close-during-kex-client-disconnects',
    made: 'A client says SSH_MSG_DISCONNECT, by application, after the proposals; sshd.',
    place: 'client',
    programs: ['node', 'sshd'],
    expected: both(expect('close-during-kex', ['client', 'server', 'both'], 'disconnect-message')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.speak(ME, 'await', 'kexinit:', 'wait:300', 'disconnect:11:bye', 'end').ended;
    },
  },
  {
    name: 'close-during-kex-login-grace',
    made: 'LoginGraceTime 4; two clients identify themselves and say nothing more.',
    place: 'client',
    programs: ['node', 'sshd'],
    expected: both(...times(2, expect('close-during-kex', 'server', 'login-grace-expired'))),
    run: async (lab) => {
      await lab.sshd(['LoginGraceTime 4']);
      await lab.capture();
      const first = lab.speak(ME, 'hold');
      await lab.speak('wait:700', ME, 'hold').ended;
      await first.ended;
    },
  },
  {
    name: 'fin-after-banner-server-closes',
    made: 'A server identifies itself and closes; the client has identified itself.',
    place: 'server',
    programs: ['node'],
    expected: both(orSilent(expect('fin-after-banner', 'server', died), UNEXPLAINED)),
    run: async (lab) => {
      await lab.speakingServer(ID, 'wait:300', 'end');
      await lab.capture();
      await lab.speak(ME, 'hold').ended;
    },
  },
  {
    name: 'rst-after-banner-server-resets',
    made: 'A server identifies itself and resets; the client has identified itself.',
    place: 'server',
    programs: ['node'],
    expected: both(orSilent(expect('rst-after-banner', 'server', died), UNEXPLAINED)),
    run: async (lab) => {
      await lab.speakingServer(ID, 'wait:300', 'reset');
      await lab.capture();
      await lab.speak(ME, 'hold').ended;
    },
  },
  {
    name: 'close-during-kex-server-closes',
    made: 'A server identifies itself and closes 300 ms later, when ssh has sent its proposal.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(orSilent(expect('close-during-kex', 'server', died), UNEXPLAINED)),
    run: async (lab) => {
      await lab.speakingServer(ID, 'wait:300', 'end');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'close-during-kex-server-resets',
    made: 'A server identifies itself and resets 300 ms later, when ssh has sent its proposal.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(orSilent(expect('close-during-kex', 'server', died), UNEXPLAINED)),
    run: async (lab) => {
      await lab.speakingServer(ID, 'wait:300', 'reset');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'fin-before-banner-late-banner',
    made: 'The identification string comes after six seconds; ConnectTimeout 3.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(expect('fin-before-banner', 'client', 'server-hung', 'slow-banner')),
    run: async (lab) => {
      await lab.speakingServer('wait:6000', ID);
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=3'] }).ended;
      await new Promise((resolve) => setTimeout(resolve, 4_000));
    },
  },
  {
    name: 'fin-before-banner-hung-accept',
    made: 'A server accepts and never says a word; ConnectTimeout 4, OpenSSH 10.',
    place: 'server',
    programs: ['openssh-10', 'node'],
    expected: both(expect('fin-before-banner', 'client', 'server-hung', 'slow-banner')),
    run: async (lab) => {
      await lab.speakingServer('hold');
      await lab.capture();
      await lab.ssh({ ten: true, settings: ['ConnectTimeout=4'] }).ended;
    },
  },
  {
    name: 'fin-after-banner-ssh1-server',
    made: 'A server of protocol 1.5; ssh.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(expect('fin-after-banner', 'client', 'protocol-version-mismatch')),
    run: async (lab) => {
      await lab.speakingServer('say:SSH-1.5-Cisco-1.25\n', 'hold');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'after-banner-ssh1-server-plink',
    made: 'A server of protocol 1.5; plink.',
    place: 'server',
    programs: ['plink', 'node'],
    expected: both(expect(['fin-after-banner', 'rst-after-banner'], 'client', 'protocol-version-mismatch')),
    run: async (lab) => {
      await lab.speakingServer('say:SSH-1.5-Cisco-1.25\n', 'hold');
      await lab.capture();
      await lab.client(['plink', '-batch', '-2', '-P', `${lab.port}`, `root@${lab.plan.server}`]).ended;
    },
  },
  {
    name: 'close-during-kex-ssh199-server',
    made: 'A server of protocol 1.99 that closes after two seconds; ssh speaks 2.0 to it.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(orSilent(expect('close-during-kex', 'server', died), UNEXPLAINED)),
    run: async (lab) => {
      await lab.speakingServer('say:SSH-1.99-Cisco-1.25\n', 'wait:2000', 'end');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'not-ssh-tls',
    made: 'A TLS server has the port and answers the client’s identification with an alert.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(expect('not-ssh', ['server', 'client', 'both'], 'not-ssh-tls')),
    run: async (lab) => {
      await lab.speakingServer('await', 'hex:15030300020246', 'end');
      await lab.capture();
      await lab.ssh().ended;
    },
  },
  {
    name: 'not-ssh-vnc',
    made: 'A VNC server’s greeting on the SSH port; ConnectTimeout 4.',
    place: 'server',
    programs: ['ssh', 'node'],
    expected: both(expect('not-ssh', 'client', 'not-ssh-other')),
    run: async (lab) => {
      await lab.speakingServer('say:RFB 003.008\n', 'hold');
      await lab.capture();
      await lab.ssh({ settings: ['ConnectTimeout=4'] }).ended;
    },
  },
  {
    name: 'after-banner-curl',
    made: 'curl asks sshd for a web page.',
    place: 'client',
    programs: ['curl', 'sshd'],
    expected: both(expect(['fin-after-banner', 'rst-after-banner'], ['client', 'server'], 'client-not-ssh')),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.start('client', [
        'curl',
        '-sS',
        '--http0.9',
        '-m',
        '5',
        `http://${lab.plan.server}:${lab.port}/`,
      ]).ended;
    },
  },
  {
    name: 'after-banner-tls-client',
    made: 'openssl s_client begins TLS with sshd.',
    place: 'client',
    programs: ['openssl', 'sshd'],
    // Its ClientHello may come before the server’s identification string or after it, and so may its end.
    expected: both(
      expect(['fin-after-banner', 'rst-after-banner'], ['client', 'server', 'both'], 'client-not-ssh'),
    ),
    run: async (lab) => {
      await lab.sshd();
      await lab.capture();
      await lab.network.start(
        'client',
        ['openssl', 's_client', '-connect', `${lab.plan.server}:${lab.port}`],
        { input: '' },
      ).ended;
    },
  },
];
