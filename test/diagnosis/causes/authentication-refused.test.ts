import { describe, expect, it } from 'vitest';
import { keyed, loggedIn, refused } from '../../session/scene.ts';

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

  it('is possible when the client left after as many as the default allows', () => {
    let scene = keyed();
    for (let i = 0; i < 6; i++) scene = refused(scene);
    const { cause, alternatives } = scene.fin('client').end();
    expect(cause?.id).toBe('authentication-failed');
    expect(alternatives?.[0]).toMatchObject({
      id: 'too-many-authentication-failures',
      confidence: 'possible',
    });
  });
});

describe('user-gave-up', () => {
  it('is likely when the client leaves while the server waits, and says how long', () => {
    const { cause } = keyed().wait(2500).fin('client').end();
    expect(cause).toMatchObject({ id: 'user-gave-up', confidence: 'likely' });
    expect(cause?.summary).toContain('2.5 s');
  });

  it('says how many attempts had been refused', () => {
    expect(refused(keyed()).wait(9000).fin('client').end().cause?.summary).toContain(
      'after 1 refused attempt',
    );
  });

  it('is not claimed when the server owes the answer', () => {
    expect(keyed().says('client', Buffer.alloc(84)).wait(9000).fin('client').end().cause).toBeUndefined();
  });
});
