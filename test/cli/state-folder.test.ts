import { expect, test } from 'vitest';
import { stateFolder } from '../../src/cli/state-folder.ts';

test('state is kept where systemd says, else where XDG says, else in the home folder', () => {
  const HOME = '/home/a';
  const XDG_STATE_HOME = '/state';
  expect(stateFolder('w', { STATE_DIRECTORY: '/var/lib/sshfate/eth0', XDG_STATE_HOME, HOME })).toBe(
    '/var/lib/sshfate/eth0/w',
  );
  expect(stateFolder('w', { STATE_DIRECTORY: '/var/lib/a:/var/lib/b' })).toBe('/var/lib/a/w');
  expect(stateFolder('w', { XDG_STATE_HOME, HOME })).toBe('/state/sshfate/w');
  expect(stateFolder('w', { XDG_STATE_HOME: 'relative', HOME })).toBe('/home/a/.local/state/sshfate/w');
  expect(stateFolder('w', { XDG_STATE_HOME: '', HOME })).toBe('/home/a/.local/state/sshfate/w');
});
