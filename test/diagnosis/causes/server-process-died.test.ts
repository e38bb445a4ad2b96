import { describe, expect, it } from 'vitest';
import {
  CLIENT_LINE,
  DROPBEAR_LINE,
  encrypted,
  identified,
  keyed,
  loggedIn,
  Scene,
  SERVER_LINE,
} from '../../session/scene.ts';
import { kexInit } from '../../ssh/wire.ts';

describe('server-process-died', () => {
  it('is likely when the server closes in the key exchange without a reason', () => {
    const { cause } = identified().says('client', kexInit()).says('server', kexInit()).fin('server').end();
    expect(cause).toMatchObject({ id: 'server-process-died', confidence: 'likely' });
    expect(cause?.summary).toContain('in the middle of the key exchange');
    const joined = new Scene()
      .says('client', CLIENT_LINE)
      .says('server', SERVER_LINE)
      .says('server', kexInit());
    const late = joined.says('client', kexInit()).wait(4000).fin('server').end();
    expect(late).toMatchObject({ fate: 'close-during-kex', cause: { confidence: 'possible' } });
  });

  it('is likely when the server leaves a session that the client had not asked to end', () => {
    const { cause } = loggedIn().wait(40_300).fin('server').end();
    expect(cause).toMatchObject({ id: 'server-process-died', confidence: 'likely' });
    // What the capture lacks may be that the client asked.
    const lacking = loggedIn().wait(40_300).loses('client', 60).says('server', '').fin('server').end();
    expect(lacking).toMatchObject({ fate: 'closed-in-session', cause: { confidence: 'possible' } });
    expect(lacking.cause?.id).toBe('server-process-died');
  });

  it('speaks of the session’s set-up where the server said nothing behind SUCCESS, and else does not', () => {
    const entered = keyed().says('client', encrypted(308)).says('server', encrypted(28));
    const { cause } = entered.says('client', encrypted(112)).rst('server').end();
    expect(cause).toMatchObject({ id: 'server-process-died', confidence: 'likely' });
    expect(cause?.summary).toContain('could not set the session up');
    expect(cause?.nextSteps[1]).toContain('chrootdirectory');
    expect(loggedIn().fin('server').end().cause?.summary).not.toContain('set the session up');
    // An old sshd has nothing to say of a session that only forwards.
    const forwarding = keyed().says('client', encrypted(308)).says('server', encrypted(28)).wait(3_600_000);
    expect(forwarding.fin('server').end().cause?.summary).not.toContain('set the session up');
  });

  it('is claimed also where a client ends a name-list with a comma', () => {
    const listed = kexInit({ kex: 'curve25519-sha256,' });
    const { cause } = identified().says('client', listed).says('server', kexInit()).fin('server').end();
    expect(cause?.id).toBe('server-process-died');
  });

  it('gives another server than OpenSSH no steps of sshd', () => {
    const scene = keyed('SSH-2.0-Go\r\n').says('client', encrypted(140)).wait(3300);
    const { cause } = scene.fin('server').end();
    expect(cause?.id).toBe('server-process-died');
    expect(cause?.nextSteps.join('\n')).not.toMatch(/sshd -t|ssh -u sshd|systemctl restart ssh/);
  });

  it('is likely for a reset of the process, which counts the IP identification on', () => {
    const { cause } = identified().says('client', kexInit()).rst('server').end();
    expect(cause).toMatchObject({ id: 'server-process-died', confidence: 'likely' });
  });

  it('reads the log before it restarts anything, and that of dropbear where the server is one', () => {
    const steps = (line?: string) =>
      identified(line).says('client', kexInit()).says('server', kexInit()).fin('server').end().cause
        ?.nextSteps;
    expect(steps()?.[0]).toContain('`journalctl -u ssh -u sshd --since');
    expect(steps()?.[1]).toContain('`sshd -t && systemctl restart ssh`');
    expect(steps(DROPBEAR_LINE)?.[0]).toContain('`journalctl -u dropbear --since');
    expect(steps(DROPBEAR_LINE)?.join('\n')).not.toContain('sshd');
  });

  it('is only possible at the prompt, and with another server than OpenSSH', () => {
    expect(keyed().wait(7430).fin('server').end().cause?.confidence).toBe('possible');
    const scene = new Scene().connect().says('client', CLIENT_LINE).says('server', 'SSH-2.0-Cisco-1.25\r\n');
    expect(scene.fin('server').end().cause?.confidence).toBe('possible');
  });

  it('is not claimed for a reset without a socket, or when both proposals have nothing in common', () => {
    const bare = { flags: 'R', window: 0, ipId: 0 } as const;
    const scene = identified().says('client', kexInit());
    expect(scene.rst('server', bare).end().cause?.id).not.toBe('server-process-died');
    const mismatch = identified()
      .says('client', kexInit())
      .says('server', kexInit({ kex: 'other' }));
    expect(mismatch.fin('server').end().cause?.id).toBe('no-common-kex');
  });
});
