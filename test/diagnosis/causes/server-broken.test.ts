import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, Scene } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

const broken = () => new Scene().connect().says('client', CLIENT_LINE).says('server', '').rst('server').end();
const forAll = { server: { sessions: 2, answered: 2, fates: { 'rst-before-banner': 2 } } } as const;

describe('server-broken', () => {
  it('is likely when the process resets every connection at once', () => {
    const finding = findingOf('server-broken', among(broken(), forAll));
    expect(finding?.confidence).toBe('likely');
    expect(finding?.summary).toContain('as in 2 other sessions');
    expect(finding?.evidence.at(-1)?.what).toContain('a reset of the process itself');
    expect(finding?.nextSteps[0]).toContain('`sshd -t && systemctl restart ssh`');
  });

  it('is possible for one alone, before a dead backend', () => {
    expect(broken().cause).toMatchObject({ id: 'server-broken', confidence: 'possible' });
  });

  it('is possible when every connection is closed without a byte', () => {
    const record = new Scene().connect().says('client', CLIENT_LINE).says('server', '').fin('server').end();
    const finding = findingOf('server-broken', among(record, forAll));
    expect(finding?.confidence).toBe('possible');
    expect(finding?.evidence.at(-1)?.what).toBe('the server closes without a byte');
  });

  it('is not claimed when others are greeted, after seconds, or of a kernel without a socket', () => {
    const served = { server: { ...forAll.server, identified: 1 } };
    expect(findingOf('server-broken', among(broken(), served))).toBeUndefined();
    const late = new Scene().connect().says('client', CLIENT_LINE).wait(5000).rst('server').end();
    expect(findingOf('server-broken', late)).toBeUndefined();
    const stranger = new Scene().connect().rst('server', { window: 0, ipId: 0 }).end();
    expect(findingOf('server-broken', stranger)).toBeUndefined();
  });
});
