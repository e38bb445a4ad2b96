import { describe, expect, it } from 'vitest';
import { loggedIn } from '../../session/scene.ts';

const MARKED = Buffer.alloc(52, 0xa5);

function markedInVain() {
  const scene = loggedIn().says('client', '').marks('client', 0x48).says('client', MARKED);
  for (const ms of [200, 400, 800]) scene.wait(ms).repeats('client', MARKED);
  return scene;
}

describe('marking-dropped, after the login', () => {
  it('is told when the first packet with another mark is the first that nobody acknowledges', () => {
    const { cause } = markedInVain().end();
    expect(cause).toMatchObject({ id: 'marking-dropped', confidence: 'likely' });
    expect(cause?.summary).toContain('DSCP 18 instead of 0');
    expect(cause?.nextSteps[0]).toContain('IPQoS=none');
  });

  it('is not claimed when marked packets had come through', () => {
    const scene = loggedIn()
      .says('client', '')
      .marks('client', 0x48)
      .says('client', MARKED)
      .says('server', '');
    scene.says('client', MARKED);
    for (const ms of [200, 400, 800]) scene.wait(ms).repeats('client', MARKED);
    expect(scene.end().cause?.id).toBe('path-lost');
  });
});
