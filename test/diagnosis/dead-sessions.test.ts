import { expect, it } from 'vitest';
import { endDeadSessions } from '../../src/diagnosis/dead-sessions.ts';
import { DROPBEAR_LINE, identified } from '../session/scene.ts';

it('is what the server’s own program can be told', () => {
  const of = (line?: string) => endDeadSessions(identified(line).fin('server').end());
  expect(of()).toContain('`ClientAliveInterval 60`');
  expect(of(DROPBEAR_LINE)).toContain('`-K 60`');
  expect(of('SSH-2.0-Go\r\n')).not.toMatch(/ClientAlive|systemctl|-K/);
});
