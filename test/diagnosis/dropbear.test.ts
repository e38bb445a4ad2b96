import { describe, expect, it } from 'vitest';
import { dropbearLog, isDropbear } from '../../src/diagnosis/dropbear.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { CLIENT_LINE, identified, keyed, loggedIn, refused, Scene, SERVER_LINE } from '../session/scene.ts';
import { kexInit, packet } from '../ssh/wire.ts';
import { among, findingOf } from './findings.ts';

const DROPBEAR = 'dropbear_2022.83';
const BARE = { flags: 'R', window: 0, ipId: 0, hopLimit: 62 } as const;

/** The same session with a server that says so. */
const ofDropbear = (record: SessionRecord): SessionRecord => ({
  ...record,
  server: { ...record.server, software: DROPBEAR },
});

function keepalive(): SessionRecord {
  const scene = loggedIn();
  for (let i = 0; i < 3; i++) {
    scene.wait(3998).says('server', Buffer.alloc(60, 0xa5)).says('client', '');
  }
  return scene.wait(3998).fin('server').end();
}

function markedInVain(side: 'client' | 'server'): SessionRecord {
  const data = Buffer.alloc(52, 0xa5);
  const other = side === 'client' ? 'server' : 'client';
  const scene = loggedIn()
    .says(other, '')
    .says(side, data)
    .says(other, '')
    .marks(side, 0x48)
    .says(side, data);
  for (const ms of [200, 400, 800]) scene.wait(ms).repeats(side, data);
  return scene.end();
}

const stalled = () =>
  identified()
    .says('client', kexInit())
    .says('server', kexInit())
    .says('client', packet(30, Buffer.alloc(36)))
    .says('server', '')
    .wait(20_000)
    .end();

const silent = () => new Scene().connect().says('client', CLIENT_LINE).says('server', '').wait(20_000).end();

const slow = () =>
  new Scene()
    .connect()
    .says('client', CLIENT_LINE)
    .says('server', '')
    .wait(6000)
    .says('server', SERVER_LINE)
    .end();

const stalledAtLogin = () => keyed().says('client', Buffer.alloc(140)).says('server', '').wait(20_000).end();

describe('a server that is dropbear', () => {
  it.each<readonly [string, SessionRecord, string]>([
    ['authentication-failed', refused(keyed(), 84).fin('client').end(), 'journalctl -u dropbear'],
    ['authentication-failed', keyed().fin('client').end(), 'journalctl -u dropbear'],
    ['user-gave-up', keyed().wait(9000).fin('client').end(), 'journalctl -u dropbear'],
    ['login-grace-expired', keyed().wait(299_990).fin('server').end(), 'journalctl -u dropbear'],
    [
      'server-process-died',
      identified().says('client', kexInit()).says('server', kexInit()).fin('server').end(),
      'dmesg',
    ],
    ['server-hung', stalled(), 'pkill -CONT -x dropbear'],
    ['server-hung', stalledAtLogin(), 'pkill -CONT -x dropbear'],
    ['server-hung', silent(), 'pkill -CONT -x dropbear'],
    ['slow-banner', slow(), '-C dropbear'],
    ['keepalive-failed', keepalive(), '`-K 60`'],
    [
      'idle-time-out-on-path',
      loggedIn().wait(300_000).says('client', 'x').rst('server', BARE).end(),
      '`-K 60`',
    ],
    ['marking-dropped', markedInVain('client'), '`-z`'],
    ['marking-dropped', markedInVain('server'), '`-z`'],
    ['health-check', new Scene().connect().fin('client').fin('server').end(), 'Find out what'],
    ['scan', new Scene().connect().fin('client').fin('server').end(), 'Find out what'],
  ])('is told nothing of OpenSSH: %s', (id, record, words) => {
    const steps = findingOf(id, ofDropbear(record))?.nextSteps.join('\n');
    expect(steps).toContain(words);
    expect(steps).not.toMatch(
      /in sshd_config|\bsshd -|-u ssh\b|(restart|reload) ssh\b|-C sshd|PerSource|ClientAlive/,
    );
    // The steps of OpenSSH are another matter.
    expect(findingOf(id, record)?.nextSteps.join('\n')).not.toContain('dropbear');
  });

  it('is known by this session, else by others of the server', () => {
    const silent = new Scene().connect().fin('server').end();
    expect(isDropbear(silent)).toBe(false);
    expect(isDropbear(among(silent, { server: { software: DROPBEAR } }))).toBe(true);
    expect(isDropbear(among(identified().fin('server').end(), { server: { software: DROPBEAR } }))).toBe(
      false,
    );
  });

  it('has logged to the journal or, on OpenWrt, into a ring', () => {
    expect(dropbearLog('2026-11-28T11:21:39.000000Z', 'before auth')).toBe(
      "`journalctl -u dropbear --since '2026-11-28 11:21:29 UTC' --until '2026-11-28 11:21:49 UTC' | grep -E 'before auth'` (OpenWrt: `logread | grep dropbear | grep -E 'before auth'`)",
    );
  });
});
