import { expect, test } from 'vitest';
import { listenError } from '../../src/cli/listen-error.ts';

test('says why nobody can listen there, and by which option another place is chosen', () => {
  const said = (code: string) =>
    listenError(Object.assign(new Error(`listen ${code}`), { code }), '--listen');
  expect(said('EADDRINUSE')).toBe('another program listens there. Choose another port with --listen.');
  expect(said('EACCES')).toBe('ports below 1024 are for root. Choose a higher one with --listen.');
  expect(said('EADDRNOTAVAIL')).toMatch(/^no interface of this machine has that address\./);
  expect(said('EIO')).toBe('listen EIO. Choose another address with --listen.');
});
