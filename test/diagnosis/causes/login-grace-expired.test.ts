import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, DROPBEAR_LINE, keyed, Scene } from '../../session/scene.ts';
import { namesOf } from '../findings.ts';

describe('login-grace-expired', () => {
  it('is likely after 120 s, the default, and says the seconds', () => {
    const { cause } = keyed().wait(119_990).fin('server').end();
    expect(cause).toMatchObject({ id: 'login-grace-expired', confidence: 'likely' });
    expect(cause?.summary).toContain('120 s');
    expect(cause?.nextSteps[0]).toContain('`LoginGraceTime 300`');
  });

  it('names no setting of OpenSSH to dropbear, which has none for it', () => {
    const { cause } = keyed(DROPBEAR_LINE).wait(299_990).fin('server').end();
    expect(cause).toMatchObject({ id: 'login-grace-expired', confidence: 'likely' });
    expect(cause?.nextSteps.join('\n')).not.toMatch(/sshd|LoginGraceTime/);
    expect(cause?.nextSteps.join('\n')).toContain('"Timeout before auth"');
  });

  it('allows up to four seconds more from OpenSSH 9.9 on', () => {
    const scene = new Scene().connect().says('client', CLIENT_LINE);
    const { cause } = scene.says('server', 'SSH-2.0-OpenSSH_10.0\r\n').wait(122_700).fin('server').end();
    expect(cause).toMatchObject({ id: 'login-grace-expired', confidence: 'likely' });
  });

  it('is told from a timer of whole seconds, and not from any other time', () => {
    const silent = () => new Scene().connect().says('server', 'SSH-2.0-OpenSSH_9.2\r\n');
    expect(silent().wait(3998).fin('server').end().cause?.id).toBe('login-grace-expired');
    expect(silent().wait(7430).fin('server').end().cause?.id).toBe('server-process-died');
    // On a busy machine the identification string and the end come late: then either may be.
    const late = silent().wait(5035).fin('server').end();
    expect([late.cause, ...(late.alternatives ?? [])]).toMatchObject([
      { id: 'login-grace-expired', confidence: 'possible' },
      { id: 'server-process-died', confidence: 'possible' },
    ]);
  });

  it('is possible from a timer of whole seconds of a server that nobody knows here, in its own words', () => {
    const scene = new Scene().connect().says('server', 'SSH-2.0-AsyncSSH_2.10.1\r\n');
    const { cause } = scene.wait(3998).fin('server').end();
    expect(cause).toMatchObject({ id: 'login-grace-expired', confidence: 'possible' });
    expect(cause?.nextSteps.join('\n')).not.toMatch(/sshd_config:|sshd -T/);
  });

  it('is possible at any time of a server with the random part, unless it owed the client an answer', () => {
    const random = () => new Scene().connect().says('server', 'SSH-2.0-OpenSSH_10.0\r\n');
    const silent = random().wait(7430).fin('server').end();
    expect(namesOf(silent)).toContain('login-grace-expired');
    const asked = random().wait(1000).says('client', CLIENT_LINE).wait(6430).fin('server').end();
    expect(namesOf(asked)).not.toContain('login-grace-expired');
  });

  it('is not claimed when the server had just spoken, or the client closed', () => {
    const scene = keyed().wait(119_900).says('client', Buffer.alloc(140)).says('server', Buffer.alloc(76));
    expect(scene.fin('server').end().cause?.id).toBe('too-many-authentication-failures');
    expect(keyed().wait(119_990).fin('client').end().cause?.id).toBe('user-gave-up');
  });
});
