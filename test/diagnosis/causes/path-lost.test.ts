import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, keyed, loggedIn, Scene, SERVER_LINE } from '../../session/scene.ts';
import { kexInit } from '../../ssh/wire.ts';
import { among, findingOf, namesOf } from '../findings.ts';

const ACK = { from: 'client', flags: '.', sequence: 1001, acknowledgement: 5001 } as const;
const PROPOSAL = kexInit();
const KEY = Buffer.alloc(36, 0xa5);

/** What the server has sent when the login is done. */
const loggedInServerBytes = (): number => loggedIn().end().bytes.serverToClient;

describe('path-lost', () => {
  it('is likely when data is repeated for seconds and nothing comes back', () => {
    const scene = loggedIn().wait(500).says('server', KEY);
    for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('server', KEY);
    const { cause } = scene.end();
    expect(cause).toMatchObject({ id: 'path-lost', confidence: 'likely' });
    expect(cause?.summary).toContain('the client gave no answer');
    expect(cause?.summary).toContain('4 repeats over 3.0 s');
  });

  it('is possible where the capture joins and nothing shows that so large a segment had ever passed', () => {
    const LARGE = Buffer.alloc(1448, 0xa5);
    const confidence = (joined: Scene) => {
      const scene = joined.wait(500).says('server', LARGE);
      for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('server', LARGE);
      return findingOf('path-lost', scene.wait(20_000).end())?.confidence;
    };
    const joined = () => new Scene().says('client', KEY).says('server', KEY).says('client', '');
    expect(confidence(joined())).toBe('possible');
    expect(confidence(joined().says('server', LARGE).says('client', ''))).toBe('likely');
  });

  it('says what became of other sessions at that time, and doubts where they went on', () => {
    const scene = loggedIn().wait(500).says('server', KEY);
    for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('server', KEY);
    const record = scene.end();
    const together = { sessions: 2, clients: 2, packets: [50, 60] };
    const fell = findingOf('path-lost', among(record, { server: { together } }));
    expect(fell?.confidence).toBe('likely');
    expect(fell?.summary).toContain('2 other sessions of this server fell silent at the same time.');
    const lived = findingOf('path-lost', among(record, { server: { survivors: 1 } }));
    expect(lived?.confidence).toBe('possible');
    expect(lived?.summary).toContain('1 other session of this server went on.');
  });

  it('is told during authentication as well', () => {
    const scene = keyed().wait(500).says('client', KEY);
    for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('client', KEY);
    expect(scene.end().cause?.id).toBe('path-lost');
  });

  it('is not claimed when the other side still speaks', () => {
    const scene = loggedIn().wait(500).says('server', KEY);
    for (const ms of [200, 400, 800]) scene.wait(ms).repeats('server', KEY).says('client', KEY, 0);
    expect(scene.end().cause?.id).not.toBe('path-lost');
  });

  it.each(['server', 'client'] as const)(
    'is what a %s’s kernel reset for after keep-alive probes',
    (side) => {
      const scene = loggedIn();
      for (let n = 0; n < 3; n++) scene.wait(1000).probes(side);
      const record = scene.wait(1000).rst(side).end();
      expect(record).toMatchObject({ fate: 'reset-in-session', endedBy: side });
      expect(record.cause).toMatchObject({ id: 'path-lost', confidence: 'likely' });
      expect(record.cause?.summary).toContain('3 keep-alive probes');
      expect(record.cause?.summary).toContain(`the kernel of the ${side} gave up with a reset`);
      expect(record.alternatives ?? []).toHaveLength(0);
    },
  );

  it('is not claimed where the other side resets: that answers the probes', () => {
    const scene = loggedIn();
    for (let n = 0; n < 3; n++) scene.wait(1000).probes('client');
    expect(scene.rst('server', { flags: 'R', window: 0 }).end().cause?.id).not.toBe('path-lost');
  });

  it('says that one direction broke where packets of the other side go on coming', () => {
    const scene = loggedIn().says('client', KEY).says('server', KEY);
    for (const ms of [200, 400, 800, 1600]) {
      // The client repeats what the server has acknowledged: it hears nothing of it.
      scene.wait(ms).repeats('server', KEY).repeats('client', KEY, 0, KEY.length);
    }
    const { cause } = scene.end();
    expect(cause).toMatchObject({ id: 'path-lost', confidence: 'likely' });
    expect(cause?.summary).toContain('packets of the client went on coming');
    expect(cause?.summary).toContain('The way from the server to the client broke in this direction only');
  });

  it.each([
    ['takes nothing, its window being 0', 0],
    ['acknowledges none of them, though it answers each', 500],
  ])('is not claimed of a side that gets the repeats and %s', (_, window) => {
    const scene = loggedIn().says('client', KEY);
    const acknowledgement = 1001 + loggedIn().end().bytes.clientToServer;
    const sequence = 5001 + loggedInServerBytes();
    for (const ms of [200, 400, 800, 1600]) {
      scene.wait(ms).repeats('client', KEY);
      scene.segment({ from: 'server', flags: '.', sequence, acknowledgement, window });
    }
    expect(namesOf(scene.wait(20_000).end())).not.toContain('path-lost');
  });

  it('does not blame the path where the repeats came to the other side’s own link', () => {
    const far = { hopLimit: 62 } as const;
    const scene = new Scene()
      .syn(far)
      .synAck()
      .segment({ ...ACK, ...far });
    scene.segment({ ...ACK, ...far, flags: 'P.', data: CLIENT_LINE }).says('server', SERVER_LINE);
    for (const ms of [0, 200, 400, 800, 1600]) {
      scene
        .wait(ms)
        .segment({ ...ACK, ...far, sequence: 1001 + CLIENT_LINE.length, flags: 'P.', data: PROPOSAL });
    }
    const { cause } = scene.end();
    expect(cause?.id).toBe('path-lost');
    expect(cause?.summary).toContain('4 repeats over 3.0 s came to its own link');
    expect(cause?.summary).not.toContain('path broke');
  });

  it('is why a user leaves whose session hangs, which is no completed session', () => {
    const left = (repeats: readonly number[]) => {
      const scene = loggedIn().says('client', KEY).says('server', KEY);
      for (const ms of repeats) scene.wait(ms).repeats('server', KEY);
      const heard = loggedInServerBytes();
      return scene.wait(1000).says('client', KEY, heard).fin('client', heard).end();
    };
    const record = left([200, 400, 800, 1600]);
    expect(record).toMatchObject({ fate: 'lost-in-session', endedBy: 'client' });
    expect(record.cause).toMatchObject({ id: 'path-lost', confidence: 'likely' });
    expect(record.cause?.summary).toContain('left without having received it');
    // A last answer that was lost by chance.
    expect(left([200]).fate).toBe('completed');
  });
});
