import { describe, expect, it } from 'vitest';
import {
  DROPBEAR_LINE,
  encrypted,
  exchanged,
  identified,
  keyed,
  loggedIn,
  refused,
  SERVER_LINE,
} from '../../session/scene.ts';
import { kexInit, NEWKEYS, packet, reply } from '../../ssh/wire.ts';
import { namesOf } from '../findings.ts';

describe('authentication-failed', () => {
  it('is likely when the client leaves at once after a refusal, and counts the attempts', () => {
    const { cause } = refused(refused(keyed())).fin('client').end();
    expect(cause).toMatchObject({ id: 'authentication-failed', confidence: 'likely' });
    expect(cause?.summary).toContain('refused 2 attempts');
    expect(cause?.nextSteps[0]).toContain('`ssh-copy-id');
  });

  it('puts the password first when the last request was as short as one', () => {
    expect(refused(keyed(), 84).fin('client').end().cause?.nextSteps[0]).toContain('`passwd USER`');
  });

  it('is likely when an OpenSSH client had nothing to offer', () => {
    const { cause } = keyed().fin('client').end();
    expect(cause).toMatchObject({ id: 'authentication-failed', confidence: 'likely' });
    expect(cause?.summary).toContain('no key or password to offer');
    // What is missing there is not made on the server.
    expect(cause?.nextSteps[0]).toMatch(/^On the client: `ssh-copy-id/);
    expect(cause?.nextSteps[1]).toMatch(/^On the client, if it is to ask for a password/);
  });

  it('looks into the log of the server before it changes more than one thing', () => {
    const ofKey = refused(keyed()).fin('client').end().cause;
    expect(ofKey?.nextSteps[1]).toContain('`journalctl -u ssh');
    const ofPassword = refused(keyed(), 84).fin('client').end().cause;
    expect(ofPassword?.nextSteps[1]).toContain('`journalctl -u ssh');
  });

  it('gives a dropbear server the steps of dropbear', () => {
    const steps = refused(keyed(DROPBEAR_LINE)).fin('client').end().cause?.nextSteps.join('\n');
    expect(steps).toContain('`journalctl -u dropbear');
    expect(steps).toContain('`logread | grep dropbear');
    expect(steps).not.toMatch(/sshd|-u ssh\b/);
  });

  it('is told as well of programs that say goodbye, also where the server closes before them', () => {
    const libssh = refused(keyed(SERVER_LINE, 'SSH-2.0-libssh_0.10.6\r\n')).says('client', encrypted(52));
    const record = libssh.fin('server').fin('client').end();
    // The first FIN decides who ended it.
    expect(record).toMatchObject({
      endedBy: 'server',
      cause: { id: 'authentication-failed', confidence: 'likely' },
    });
    expect(record.cause?.summary).toContain('refused one attempt');
    expect(record.cause?.evidence.at(-1)?.what).toContain('the size of its SSH_MSG_DISCONNECT');
  });

  it('tells a key that is not enough from one that is refused', () => {
    const scene = keyed().says('client', encrypted(140)).says('server', encrypted(100));
    const { cause } = scene.says('client', encrypted(308)).says('server', encrypted(76)).fin('client').end();
    expect(cause).toMatchObject({ id: 'authentication-failed', confidence: 'likely' });
    expect(cause?.summary).toContain('AuthenticationMethods');
  });

  it('tells a key that the client did not sign with from one that it did not have', () => {
    for (const [asked, told] of [
      [140, 100],
      [500, 460],
    ] as const) {
      const { cause } = keyed()
        .says('client', encrypted(asked))
        .says('server', encrypted(told))
        .fin('client')
        .end();
      expect(cause).toMatchObject({ id: 'authentication-failed', confidence: 'likely' });
      expect(cause?.summary).toContain('without signing with it');
      expect(cause?.nextSteps.join()).not.toContain('ssh-copy-id');
    }
    expect(keyed().fin('client').end().cause?.summary).toContain('no key or password to offer');
  });

  it('does not call an answer as long as a refusal words of PAM, whoever leaves then', () => {
    const scene = keyed().says('client', encrypted(140)).says('server', encrypted(100));
    const record = scene.says('client', encrypted(308)).says('server', encrypted(76)).fin('server').end();
    expect(record).toMatchObject({ endedBy: 'server', auth: { attempts: 0 } });
    expect(namesOf(record)).toEqual([]);
  });

  it('is possible where OpenSSH closes after words that are no refusal, as PAM gives of an expired account', () => {
    const scene = keyed().says('client', encrypted(140)).says('server', encrypted(100));
    const signed = scene.says('client', encrypted(308)).says('server', encrypted(108));
    const { cause } = signed.fin('server').end();
    expect(cause).toMatchObject({ id: 'authentication-failed', confidence: 'possible' });
    expect(cause?.nextSteps[1]).toContain('chage -l USER');
  });

  it('is told of such words in answer to a password, which is as long as a request for a prompt', () => {
    const scene = keyed().says('client', encrypted(84)).says('server', encrypted(108));
    const { cause } = scene.fin('server').end();
    expect(cause).toMatchObject({ id: 'authentication-failed', confidence: 'possible' });
    expect(keyed().fin('server').end().cause?.id).not.toBe('authentication-failed');
  });

  it('is likely where OpenSSH closes in place of an answer to a login, as when PAM refuses the account', () => {
    const signed = keyed().says('client', encrypted(140)).says('server', encrypted(100));
    const record = signed.says('client', encrypted(308)).wait(40).fin('server').end();
    expect(record.cause).toMatchObject({ id: 'authentication-failed', confidence: 'likely' });
    expect(record.cause?.summary).toContain("PAM's account check");
    expect(record.alternatives?.[0]).toMatchObject({ id: 'server-process-died', confidence: 'possible' });
    expect(record.clientMessage).toBe('Connection closed by 10.0.0.2 port 22');
  });

  it('is no verdict of the server where a device or a kernel without the connection resets a login', () => {
    const asked = () => keyed().says('client', encrypted(140));
    for (const rest of [{ hopLimit: 250 }, { flags: 'R', window: 0 }] as const) {
      expect(namesOf(asked().rst('server', rest).end())).not.toContain('authentication-failed');
    }
    expect(namesOf(asked().rst('server').end())).toContain('authentication-failed');
  });

  it('is only possible where LoginGraceTime may have run out before the answer', () => {
    const { cause, alternatives } = keyed()
      .wait(119_450)
      .says('client', encrypted(140))
      .wait(500)
      .fin('server')
      .end();
    expect(cause).toMatchObject({ id: 'login-grace-expired', confidence: 'likely' });
    expect(alternatives?.[0]).toMatchObject({ id: 'authentication-failed', confidence: 'possible' });
  });

  it('does not call an answer words of PAM that is compressed: it may be a refusal', () => {
    const answered = (compression: string) => {
      const scene = identified()
        .says('client', kexInit({ compression }))
        .says('server', kexInit({ compression }));
      scene.says('client', packet(30, Buffer.alloc(36))).says('server', Buffer.concat([reply(), NEWKEYS]));
      scene.says('client', NEWKEYS);
      for (const [asked, told] of [
        [44, 44],
        [60, 76],
        [308, 500],
      ] as const) {
        scene.says('client', encrypted(asked)).says('server', encrypted(told));
      }
      return scene.fin('server').end();
    };
    expect(answered('none').cause?.summary).toContain('words of PAM');
    expect(namesOf(answered('zlib'))).toEqual([]);
  });

  it('is possible where OpenSSH 9.9 and later close at the first request, for RefuseConnection', () => {
    const asked = (line?: string) =>
      exchanged(line)
        .says('client', encrypted(44))
        .says('server', encrypted(44))
        .says('client', encrypted(60));
    const { cause } = asked('SSH-2.0-OpenSSH_10.0p2\r\n').fin('server').end();
    expect(cause).toMatchObject({ id: 'authentication-failed', confidence: 'possible' });
    expect(cause?.nextSteps[0]).toContain('refuseconnection');
    expect(asked().fin('server').end().cause?.id).not.toBe('authentication-failed');
  });

  it('sends nobody to the sshd_config of a server that has none', () => {
    const steps = refused(keyed('SSH-2.0-Go\r\n')).fin('client').end().cause?.nextSteps.join('\n');
    expect(steps).toContain('On the server (Go, which has no sshd_config of OpenSSH)');
    expect(steps).not.toMatch(/sshd -T|journalctl/);
  });

  it('is not claimed after a login', () => {
    expect(loggedIn().fin('client').end().cause).toBeUndefined();
  });
});

describe('too-many-authentication-failures', () => {
  it('is likely when the server closes right after a refusal', () => {
    const { cause, alternatives } = refused(refused(refused(keyed())))
      .fin('server')
      .end();
    expect(cause).toMatchObject({ id: 'too-many-authentication-failures', confidence: 'likely' });
    expect(cause?.summary).toContain('refused 3 attempts');
    expect(cause?.nextSteps[0]).toContain('IdentitiesOnly=yes');
    expect(alternatives?.map(({ id }) => id)).toContain('authentication-failed');
  });

  it('is likely when the client left after as many as the default allows, and possible after more', () => {
    const leftAfter = (attempts: number, serverLine?: string) => {
      let scene = keyed(serverLine);
      for (let i = 0; i < attempts; i++) scene = refused(scene);
      return scene.fin('client').end();
    };
    expect(leftAfter(6).cause).toMatchObject({
      id: 'too-many-authentication-failures',
      confidence: 'likely',
    });
    expect(leftAfter(6).clientMessage).toContain('Too many authentication failures');
    expect(leftAfter(8).cause?.id).toBe('authentication-failed');
    expect(leftAfter(8).alternatives?.[0]).toMatchObject({ id: 'too-many-authentication-failures' });
    // What another server allows nobody knows.
    expect(namesOf(leftAfter(6, 'SSH-2.0-AsyncSSH_2.10.1\r\n'))).toEqual(['authentication-failed']);
  });
});

describe('the limit of dropbear', () => {
  /** Closed so long after its last attempt, which the server owes an answer. */
  const owed = (attempts: number, afterMs: number) => {
    let scene = keyed(DROPBEAR_LINE);
    for (let i = 1; i < attempts; i++) scene = refused(scene, 84);
    return scene.says('client', Buffer.alloc(84)).wait(afterMs).fin('server').end();
  };

  it('is likely when it closes in place of its answer to the tenth attempt', () => {
    const record = owed(10, 290);
    expect(record.cause).toMatchObject({ id: 'too-many-authentication-failures', confidence: 'likely' });
    expect(record.cause?.summary).toContain('after attempt 10 to log in');
    expect(record.cause?.evidence.at(-2)?.what).toBe('the last attempt; it gets no answer');
    const steps = record.cause?.nextSteps.join('\n');
    expect(steps).toContain('`-T 20`');
    expect(steps).not.toContain('MaxAuthTries');
  });

  it('is possible with fewer, for it may be set, and comes before a process that died', () => {
    for (const attempts of [1, 3]) {
      const names = namesOf(owed(attempts, 330));
      expect(names).toEqual(['too-many-authentication-failures', 'server-process-died']);
    }
    expect(owed(3, 330).cause).toMatchObject({ confidence: 'possible' });
    expect(owed(3, 330).cause?.summary).toContain('-T 3 or less');
  });

  it('is not claimed when it did not wait as it does after a refusal, or waited for the client', () => {
    for (const afterMs of [20, 4000]) {
      expect(namesOf(owed(10, afterMs))).not.toContain('too-many-authentication-failures');
    }
    const asked = refused(keyed(DROPBEAR_LINE)).wait(290).fin('server').end();
    expect(namesOf(asked)).not.toContain('too-many-authentication-failures');
  });

  it('is not claimed of another server', () => {
    let scene = keyed();
    for (let i = 1; i < 10; i++) scene = refused(scene, 84);
    const record = scene.says('client', Buffer.alloc(84)).wait(290).fin('server').end();
    expect(record.cause?.id).toBe('server-process-died');
  });
});

describe('user-gave-up', () => {
  it('is likely when the client leaves while the server waits, and says how long', () => {
    const { cause } = keyed().wait(2500).fin('client').end();
    expect(cause).toMatchObject({ id: 'user-gave-up', confidence: 'likely' });
    expect(cause?.summary).toContain('2.5 s');
  });

  it('is at the passphrase where the server had taken the key, which needs no ssh-copy-id', () => {
    const scene = keyed().says('client', encrypted(140)).says('server', encrypted(100));
    const { cause } = scene.wait(4000).fin('client').end();
    expect(cause).toMatchObject({ id: 'user-gave-up', confidence: 'likely' });
    expect(cause?.summary).toContain('passphrase');
    expect(cause?.nextSteps.join()).not.toContain('ssh-copy-id');
    // A long MAC makes every request as long as one with a key.
    const prompted = exchanged().says('client', encrypted(100)).says('server', encrypted(100));
    prompted.says('client', encrypted(116)).says('server', encrypted(148));
    const asked = prompted.says('client', encrypted(148)).says('server', encrypted(116)).wait(4000);
    expect(asked.fin('client').end().cause?.summary).toContain('gave up at the prompt.');
  });

  it('says how many attempts had been refused', () => {
    expect(refused(keyed()).wait(9000).fin('client').end().cause?.summary).toContain(
      'after 1 refused attempt',
    );
  });

  it('is not claimed when the server owes the answer', () => {
    expect(namesOf(keyed().says('client', Buffer.alloc(84)).wait(9000).fin('client').end())).toEqual([
      'server-hung',
    ]);
  });
});
