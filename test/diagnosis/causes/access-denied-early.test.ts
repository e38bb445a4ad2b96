import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, Scene } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

describe('access-denied-early', () => {
  it('is likely after a look-up of the name, and says how many', () => {
    const record = new Scene()
      .connect()
      .says('client', CLIENT_LINE)
      .says('server', '')
      .wait(5000)
      .rst('server')
      .end();
    expect(record.cause).toMatchObject({ id: 'access-denied-early', confidence: 'likely' });
    expect(record.cause?.summary).toContain('1 look-up of 5 s');
    expect(record.cause?.nextSteps[0]).toContain('/etc/hosts.deny');
  });

  it('is likely when other clients get in and this one never does, by FIN as by RST', () => {
    const others = { server: { sessions: 3, identified: 3 } };
    for (const record of [
      new Scene().connect().fin('server').end(),
      new Scene().connect().rst('server').end(),
    ]) {
      expect(findingOf('access-denied-early', among(record, others))?.confidence).toBe('likely');
      expect(findingOf('access-denied-early', record)?.confidence).toBe('possible');
    }
  });

  it('guesses at no look-up of a client that sent nothing, unless the seconds are those of one', () => {
    const silent = (ms: number) => new Scene().connect().wait(ms).fin('server').end();
    expect(findingOf('access-denied-early', silent(2000))?.confidence).toBe('possible');
    const lookedUp = findingOf('access-denied-early', silent(5000));
    // A proxy that reads what comes, and tries its backend for 5 s, closes in the same way.
    expect(lookedUp?.confidence).toBe('possible');
    expect(lookedUp?.summary).toContain('1 look-up of 5 s');
    expect(lookedUp?.summary).toContain('a proxy');
    expect(lookedUp?.summary).not.toContain('unread');
  });

  it('shows a text that is not sshd’s', () => {
    const record = new Scene().connect().says('server', 'You are not welcome here.\r\n').fin('server').end();
    expect(record.cause).toMatchObject({ id: 'access-denied-early', confidence: 'likely' });
    expect(record.cause?.summary).toContain('"You are not welcome here."');
  });

  it('is not claimed of one who took the client’s identification, nor of a reset without a socket', () => {
    const taken = new Scene()
      .connect()
      .says('client', CLIENT_LINE)
      .says('server', '')
      .wait(2000)
      .fin('server')
      .end();
    expect(findingOf('access-denied-early', taken)).toBeUndefined();
    const stranger = new Scene().connect().wait(5000).rst('server', { window: 0, ipId: 0 }).end();
    expect(findingOf('access-denied-early', stranger)).toBeUndefined();
  });
});
