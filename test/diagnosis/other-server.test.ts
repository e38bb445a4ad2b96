import { expect, it } from 'vitest';
import { otherServer, otherServersLog } from '../../src/diagnosis/other-server.ts';
import { DROPBEAR_LINE, identified } from '../session/scene.ts';
import { among } from './findings.ts';

it('names a server that is neither OpenSSH nor dropbear', () => {
  const of = (line?: string) => otherServer(identified(line).fin('server').end());
  expect(of('SSH-2.0-Go\r\n')).toBe('Go');
  expect(of('SSH-2.0-OpenSSH_for_Windows_9.5\r\n')).toBeUndefined();
  expect(of(DROPBEAR_LINE)).toBeUndefined();
});

it('knows it from other sessions, and otherwise claims nothing', () => {
  const record = identified().fin('server').end();
  const silent = { ...record, server: { address: record.server.address, port: 22 } };
  expect(otherServer(silent)).toBeUndefined();
  expect(otherServer(among(silent, { server: { software: 'Go' } }))).toBe('Go');
});

it('says when to look', () => {
  expect(otherServersLog('Go', '2026-11-28T13:22:57.081679Z')).toContain('at 2026-11-28 13:22:57 UTC');
});
