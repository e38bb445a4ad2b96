import { describe, expect, it } from 'vitest';
import { LiveView } from '../../src/live/live-view.ts';
import type { LivePicture } from '../../src/report/live-picture.ts';
import { HOSTILE } from '../report/fixtures.ts';
import { type Watched, watched } from './watched.ts';

const SIZE = { width: 80, height: 24 };

interface Viewed extends Watched {
  readonly view: LiveView;
  picture(): LivePicture;
  /** Names of keys, or what is typed. */
  press(...keys: readonly string[]): void;
}

function viewed(options: Partial<ConstructorParameters<typeof LiveView>[0]> = {}): Viewed {
  const view = new LiveView({ passes: () => true, passesOpen: () => true, ...options });
  const watch = watched({
    verdict: (session, verdict) => view.verdict(session, verdict),
    state: (state) => {
      view.tick(state, watch.nowMs());
      view.refresh(state, watch.nowMs());
    },
  });
  const NAMES = [
    'up',
    'down',
    'return',
    'escape',
    'tab',
    'pagedown',
    'pageup',
    'home',
    'end',
    'backspace',
    'space',
  ];
  return Object.assign(watch, {
    view,
    picture: () => view.picture(watch.nowMs()),
    press: (...keys: readonly string[]) => {
      for (const key of keys) {
        if (NAMES.includes(key)) view.key({ name: key, sequence: key === 'space' ? ' ' : '\x1b' }, SIZE);
        else for (const letter of key) view.key({ name: letter, sequence: letter }, SIZE);
      }
    },
  });
}

/** Sessions 1 to 3 were refused, 4 and 5 go on. */
function busy(): Viewed {
  const it = viewed();
  for (const client of [1, 2, 3]) it.refused(client);
  it.open(4, 'SSH-2.0-OpenSSH_9.6');
  it.tick();
  it.tick();
  it.open(5);
  for (let n = 0; n < 10; n++) it.tick();
  return it;
}

describe('the picture', () => {
  it('has open sessions with stage, age and whose turn it is, and endings with fate and cause', () => {
    const { openRows, endingRows, open, judged, fates } = busy().picture();
    expect([open, judged]).toEqual([2, 3]);
    expect(
      openRows.map(({ session, client, stage, awaits }) => [session, client, stage, awaits?.by]),
    ).toEqual([
      [5, '10.77.0.5:40000', 'banner', 'client'],
      [4, '10.77.0.4:40000', 'banner', 'server'],
    ]);
    expect(openRows[0]?.ageMs).toBe(1000);
    expect(openRows[1]).toMatchObject({ software: 'OpenSSH_9.6', ageMs: 1200, quietMs: 1200, rttMs: 0 });
    expect(endingRows.map(({ session, fate, cause, endedBy }) => [session, fate, cause, endedBy])).toEqual(
      [3, 2, 1].map((number) => [number, 'rst-after-syn', 'port-closed', 'server']),
    );
    expect(fates).toEqual([{ fate: 'rst-after-syn', sessions: 3 }]);
  });
  it('has the findings that are open', () => {
    const { findings, findingsOpen } = busy().picture();
    expect(findingsOpen).toBe(1);
    expect(findings[0]).toMatchObject({ fate: 'rst-after-syn', sessions: 3, clients: 3 });
  });
  it('lists only what the options let through, and counts all', () => {
    const it = viewed({ passes: ({ session }) => session === 2, passesOpen: () => false });
    for (const client of [1, 2, 3]) it.refused(client);
    it.open(4);
    for (let n = 0; n < 10; n++) it.tick();
    const { endingRows, openRows, judged } = it.picture();
    expect([endingRows.map(({ session }) => session), openRows, judged]).toEqual([[2], [], 3]);
  });
  it('has a notice for a while', () => {
    const it = busy();
    it.view.notice('eth0: gone.', it.nowMs());
    expect(it.picture().notice).toBe('eth0: gone.');
    it.tick(30_000);
    expect(it.picture().notice).toBeUndefined();
    expect(it.view.notices).toEqual(['eth0: gone.']);
  });
  it('shows a session that waits for too long as silent, and still as open', () => {
    const it = busy();
    for (let n = 0; n < 200; n++) it.tick();
    const [row] = it.picture().openRows;
    expect(row).toMatchObject({ session: 5, awaits: { by: 'client', silent: true } });
    expect(
      it.picture().endingRows.some(({ session, fate }) => session === 5 && fate === 'stalled-after-banner'),
    ).toBe(true);
  });
});

describe('keys', () => {
  it('select a row, which stays selected while rows come and go', () => {
    const it = busy();
    expect(it.picture().selected).toBeUndefined();
    it.press('down', 'j');
    expect(it.picture().selected).toBe(1);
    it.refused(9);
    for (let n = 0; n < 10; n++) it.tick();
    const { selected, endingRows } = it.picture();
    expect([selected, endingRows[selected as number]?.session]).toEqual([2, 2]);
    it.press('end');
    expect(it.picture().selected).toBe(3);
    it.press('pageup', 'k');
    expect(it.picture().selected).toBe(0);
    it.press('escape');
    expect(it.picture().selected).toBeUndefined();
  });
  it('open a session that has ended, and go back', () => {
    const it = busy();
    it.press('down', 'return');
    expect(it.picture().page).toMatchObject({
      kind: 'session',
      session: 3,
      record: { fate: 'rst-after-syn' },
    });
    it.press('q');
    expect(it.picture().page.kind).toBe('lists');
  });
  it('open a session that goes on, and show its end when it comes', () => {
    const it = busy();
    it.press('tab', 'tab');
    expect(it.picture().list).toBe('open');
    it.press('down', 'return');
    it.tick();
    expect(it.picture().page).toMatchObject({ kind: 'session', session: 5, record: { fate: 'open' } });
    for (let n = 0; n < 200; n++) it.tick();
    expect(it.picture().page).toMatchObject({ session: 5, record: { fate: 'stalled-after-banner' } });
  });
  it('open a finding', () => {
    const it = busy();
    it.press('tab', 'down', 'return');
    expect(it.picture().page).toMatchObject({ kind: 'finding', finding: { sessions: 3 } });
    it.refused(9);
    for (let n = 0; n < 10; n++) it.tick(200);
    expect(it.picture().page).toMatchObject({ kind: 'finding', finding: { sessions: 4 } });
  });
  it('scroll a page no further than it goes', () => {
    const it = busy();
    it.press('down', 'return', 'end');
    const { page } = it.picture();
    const last = page.kind === 'session' ? page.scroll : 0;
    expect(last).toBeGreaterThan(0);
    it.press('pagedown', 'down', 'up');
    expect(it.picture().page).toMatchObject({ scroll: last - 1 });
    it.press('home');
    expect(it.picture().page).toMatchObject({ scroll: 0 });
  });
  it('let the picture stand still while the watch goes on', () => {
    const it = busy();
    it.press('p');
    it.refused(9);
    it.refused(10);
    for (let n = 0; n < 10; n++) it.tick();
    expect(it.picture()).toMatchObject({ judged: 3, paused: { judgedSince: 2 } });
    expect(it.picture().endingRows.length).toBe(3);
    it.press('space');
    it.tick();
    expect(it.picture()).toMatchObject({ judged: 5 });
    expect(it.picture().paused).toBeUndefined();
  });
  it('filter both lists by a text, letters that are keys elsewhere included', () => {
    const it = busy();
    it.press('f', '10.77.0.4');
    it.tick();
    expect(it.picture()).toMatchObject({ filter: { text: '10.77.0.4', isTyped: true }, endingRows: [] });
    expect(it.picture().openRows.map(({ session }) => session)).toEqual([4]);
    it.press('escape', 'f', 'port-closedq', 'backspace', 'return');
    it.tick();
    expect(it.picture()).toMatchObject({ filter: { text: 'port-closed', isTyped: false }, openRows: [] });
    expect(it.picture().endingRows.length).toBe(3);
    it.press('escape');
    expect(it.picture().filter).toBeUndefined();
  });
  it('find an open session by its address among thousands that are newer', () => {
    const it = busy();
    for (let client = 0x10000; client < 0x10000 + 1000; client++) it.open(client);
    it.tick();
    expect(it.picture().open).toBe(1002);
    expect(it.picture().openRows.length).toBe(200);
    expect(it.picture().openRows[0]?.session).toBe(1005);
    it.press('f', '10.77.0.4:');
    it.tick();
    expect(it.picture().openRows.map(({ session }) => session)).toEqual([4]);
  });
  it('tell the owner of the terminal what they ask of it', () => {
    const { view } = busy();
    const effect = (name: string, ctrl = false) => view.key({ name, sequence: ctrl ? '' : name, ctrl }, SIZE);
    expect([effect('q'), effect('c', true), effect('z', true), effect('l', true), effect('x')]).toEqual([
      ...['quit', 'interrupt', 'suspend', 'redraw', 'none'],
    ]);
    view.key({ name: '?', sequence: '?' }, SIZE);
    expect(effect('q')).toBe('none');
    expect(effect('c', true)).toBe('interrupt');
  });
  it('that mean nothing, and nothing to select, do no harm', () => {
    const it = viewed();
    it.press('down', 'up', 'end', 'return', 'tab', 'return', 'x', 'escape');
    expect(it.picture().page.kind).toBe('lists');
    it.view.key({}, SIZE);
  });
});

it('What a client says of itself comes to the picture as it is, for the frame to escape.', () => {
  const it = viewed();
  it.open(1, HOSTILE);
  it.tick();
  expect(it.picture().openRows[0]?.software).toContain('\x1b]0;owned');
});
