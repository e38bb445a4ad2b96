import { expect, it } from 'vitest';
import { serverClosedItself } from '../../src/diagnosis/own-close.ts';
import { keyed } from '../session/scene.ts';

it('is a FIN of the server, or a reset that its own process makes', () => {
  expect(serverClosedItself(keyed().fin('server').end())).toBe(true);
  expect(serverClosedItself(keyed().rst('server').end())).toBe(true);
});

it('is no close of the client, and no reset that a kernel or a device makes', () => {
  expect(serverClosedItself(keyed().fin('client').end())).toBe(false);
  expect(serverClosedItself(keyed().rst('server', { flags: 'R', window: 0 }).end())).toBe(false);
  expect(serverClosedItself(keyed().rst('server', { hopLimit: 250 }).end())).toBe(false);
});

it('is no reset after keep-alive probes that the client did not answer', () => {
  const scene = keyed();
  for (let n = 0; n < 3; n++) scene.wait(1000).probes('server');
  expect(serverClosedItself(scene.wait(1000).rst('server').end())).toBe(false);
});
