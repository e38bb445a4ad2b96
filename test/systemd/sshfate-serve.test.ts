import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { stateFolder } from '../../src/cli/state-folder.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const UNIT = readFileSync(path.join(ROOT, 'systemd/sshfate-serve.service'), 'utf8');
const PROGRAM = path.join(ROOT, 'bin/sshfate.js');

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-unit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settings = (name: string): string[] =>
  [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value as string);

test('the unit runs the service as a user that may do nothing but write its own state', () => {
  expect(settings('ExecStart')).toEqual(['sshfate serve $SSHFATE_OPTIONS']);
  expect(settings('CapabilityBoundingSet')).toEqual(['']);
  expect(settings('AmbientCapabilities')).toEqual(['']);
  expect(settings('DynamicUser')).toEqual(['yes']);
  expect(settings('ProtectSystem')).toEqual(['strict']);
  expect(settings('ReadWritePaths')).toEqual([]);
  const [state = ''] = settings('StateDirectory');
  expect(stateFolder('service', { STATE_DIRECTORY: `/var/lib/${state}` })).toBe(
    '/var/lib/sshfate-serve/service',
  );
});

test('the command for the first token makes it as the user and in the folder of the unit', () => {
  const [command = ''] = /^# systemd-run .*$/m.exec(UNIT) ?? [];
  for (const name of ['DynamicUser', 'User', 'StateDirectory']) {
    expect(command).toContain(` -p ${name}=${settings(name)[0]} `);
  }
});

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
describe.skipIf(!analyze)(`systemd-analyze${analyze ? '' : ' (skipped: systemd is not installed)'}`, () => {
  /** With the program where it is here: it need not be installed. */
  function unit(name: string, text: string): string {
    const file = path.join(folder, name);
    writeFileSync(file, text.replace('ExecStart=sshfate ', `ExecStart=${process.execPath} ${PROGRAM} `));
    return file;
  }

  /** What it says of our unit: it looks at those of the machine, too. */
  function verify(file: string): string[] {
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    });
    return `${stdout}${stderr}`.split('\n').filter((line) => line.includes('sshfate'));
  }

  test('finds nothing wrong with the unit', () => {
    expect(verify(unit('sshfate-serve.service', UNIT))).toEqual([]);
  });

  test('finds what is wrong with one that is', () => {
    const wrong = UNIT.replace('PrivateUsers=yes', 'PrivateUsers=perhaps');
    expect(verify(unit('sshfate-wrong.service', wrong)).join('\n')).toContain('perhaps');
  });

  test('calls the exposure of the unit at most 2 of 10', () => {
    const file = unit('sshfate-serve.service', UNIT);
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', file], {
      encoding: 'utf8',
    });
    const [, score] = /Overall exposure level for \S+: (\d+\.\d)/.exec(stdout) ?? [];
    expect(Number(score)).toBeLessThanOrEqual(2);
    expect(Number(score)).toBeGreaterThan(0);
  });
});
