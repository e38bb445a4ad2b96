import { describe, expect, it } from 'vitest';
import { type FindingEvent, LiveFindings } from '../../src/live/live-findings.ts';
import type { Verdict } from '../../src/live/watch.ts';
import type { ReportedSession } from '../../src/report/reporter.ts';
import { noCommonKex, portClosed, reported } from '../report/fixtures.ts';

const FIRST: Verdict = { revision: 1 };

function findings() {
  const events: FindingEvent[] = [];
  const live = new LiveFindings({
    name: 'eth0',
    iso: (timeNs) => new Date(1_700_000_000_000 + timeNs / 1e6).toISOString(),
    onEvent: (event) => events.push(event),
  });
  return { live, told: () => events.map(({ event, finding }) => `${event} ${finding.sessions}`), events };
}

const session = (): ReportedSession => reported(portClosed());

describe('LiveFindings', () => {
  it('open with the first session, grow tenfold, and end when it is quiet', () => {
    const { live, told } = findings();
    for (let n = 0; n < 100; n++) live.verdict(session(), FIRST, n * 1e9);
    expect(told()).toEqual(['opened 1', 'grew 10', 'grew 100']);
    live.tick(500e9);
    expect(live.open()).toHaveLength(1);
    live.tick(1100e9);
    expect(told().at(-1)).toBe('ended 100');
    expect(live.open()).toEqual([]);
  });

  it('are told again after an hour when there is more of it', () => {
    const { live, told } = findings();
    for (let minute = 0; minute <= 60; minute += 10) live.verdict(session(), FIRST, minute * 60e9);
    expect(told()).toEqual(['opened 1', 'grew 7']);
  });

  it('have the id, title and severity that the report of a capture gives them', () => {
    const { live, events } = findings();
    live.verdict(session(), FIRST, 0);
    expect(events[0]?.finding).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{10}$/),
      title: expect.stringContaining('(port-closed)'),
      cause: { id: 'port-closed' },
      examples: [{ session: 1 }],
    });
  });

  it('lose a session whose verdict is replaced, and end with the last one', () => {
    const { live, told, events } = findings();
    const before = session();
    live.verdict(before, FIRST, 0);
    const after = reported(noCommonKex());
    live.verdict(after, { revision: 2, previous: { fate: before.fate, cause: before.causeId } }, 1e9);
    expect(told()).toEqual(['opened 1', 'ended 0', 'opened 1']);
    expect(events[2]?.finding.cause?.id).toBe('no-common-kex');
  });

  it('are given worst first, and of equally bad ones the largest, as many as are wanted', () => {
    const { live } = findings();
    const at = (port: number, overrides: Parameters<typeof portClosed>[0] = {}): ReportedSession => {
      const { server, ...rest } = portClosed(overrides);
      return reported({ ...rest, server: { ...server, port } });
    };
    live.verdict(at(1, { fate: 'close-during-auth', cause: undefined }), FIRST, 0);
    live.verdict(at(2), FIRST, 0);
    for (let n = 0; n < 2; n++) live.verdict(at(3), FIRST, 0);
    expect(live.openCount).toBe(3);
    expect(live.worst(9).map(({ server, sessions }) => [server, sessions])).toEqual([
      ['10.77.2.2:3', 2],
      ['10.77.2.2:2', 1],
      ['10.77.2.2:1', 1],
    ]);
    expect(live.worst(1)).toHaveLength(1);
  });

  it('are none of healthy sessions', () => {
    const { live, told } = findings();
    live.verdict(reported({ ...portClosed(), fate: 'completed', cause: undefined }), FIRST, 0);
    expect(told()).toEqual([]);
  });

  it('are bounded, and what is in none is counted', () => {
    const { live } = findings();
    for (let port = 1; port <= 2100; port++) {
      const { server, ...rest } = portClosed();
      live.verdict(reported({ ...rest, server: { ...server, port } }), FIRST, 0);
    }
    expect([live.open().length, live.ungrouped]).toEqual([2000, 100]);
  });
});
