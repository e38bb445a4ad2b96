import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, identified, Scene, SERVER_LINE } from '../../session/scene.ts';
import { kexInit } from '../../ssh/wire.ts';

const PROPOSAL = kexInit();

/** The client's identification string is repeated, while the server has the proposal behind it. */
function repeated(times: number): Scene {
  const line = CLIENT_LINE.length;
  const scene = new Scene().connect().says('client', CLIENT_LINE).says('server', SERVER_LINE, 0);
  scene.says('client', PROPOSAL).sack('server', 0, line, line + PROPOSAL.length);
  for (let n = 0; n < times; n++) scene.wait(200 << n).repeats('client', CLIENT_LINE, PROPOSAL.length);
  return scene;
}

describe('segment-dropped', () => {
  it('is told where it is sent, with the name of what it holds', () => {
    const { cause } = repeated(4).end();
    expect(cause).toMatchObject({ id: 'segment-dropped', confidence: 'likely' });
    expect(cause?.summary).toContain('with the identification string of the client was sent 5 times');
    expect(cause?.summary).toContain(`one of ${PROPOSAL.length} bytes behind it passed`);
    expect(cause?.evidence).toHaveLength(3);
  });

  it('is told where it should arrive', () => {
    const line = SERVER_LINE.length;
    const scene = new Scene().connect().says('client', CLIENT_LINE).loses('server', line);
    scene.says('server', PROPOSAL).sack('client', 0, line, line + PROPOSAL.length);
    const record = scene.wait(10_000).fin('client', 0).end();
    expect(record.fate).toBe('fin-before-banner');
    expect(record.cause).toMatchObject({ id: 'segment-dropped', confidence: 'likely' });
    expect(record.cause?.summary).toContain(
      'with the identification string of the server never arrived here',
    );
  });

  it('is not claimed for a loss that may be chance', () => {
    expect(repeated(2).wait(20_000).end().cause?.id).not.toBe('segment-dropped');
  });

  it('is not claimed where nothing passes any more: that is the path', () => {
    const scene = identified().says('client', PROPOSAL);
    for (let n = 0; n < 4; n++) scene.wait(200 << n).repeats('client', PROPOSAL);
    expect(scene.end().cause?.id).not.toBe('segment-dropped');
  });
});
