import { describe, expect, it } from 'vitest';
import { keyed, loggedIn } from '../../session/scene.ts';

const KEY = Buffer.alloc(36, 0xa5);

describe('path-lost', () => {
  it('is likely when data is repeated for seconds and nothing comes back', () => {
    const scene = loggedIn().wait(500).says('server', KEY);
    for (const ms of [200, 400, 800, 1600]) scene.wait(ms).repeats('server', KEY);
    const { cause } = scene.end();
    expect(cause).toMatchObject({ id: 'path-lost', confidence: 'likely' });
    expect(cause?.summary).toContain('the client gave no answer');
    expect(cause?.summary).toContain('4 repeats over 3.0 s');
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
});
