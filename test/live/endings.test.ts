import { describe, expect, it } from 'vitest';
import { Endings } from '../../src/live/endings.ts';
import type { Session } from '../../src/session/session.ts';
import { noCommonKex, portClosed, reported } from '../report/fixtures.ts';

function session(number: number, record = portClosed()): Session {
  const whole = reported({ ...record, session: number });
  return { ...whole, toJSON: () => ({ ...record, session: number }) } as unknown as Session;
}

const FIRST = { revision: 1 };

describe('endings', () => {
  it('are counted by fate, most first, and listed newest first', () => {
    const endings = new Endings();
    endings.add(session(1, noCommonKex()), FIRST, true);
    for (const number of [2, 3]) endings.add(session(number), FIRST, true);
    expect(endings.judged).toBe(3);
    expect(endings.fates()).toEqual([
      { fate: 'rst-after-syn', sessions: 2 },
      { fate: 'close-during-kex', sessions: 1 },
    ]);
    expect(endings.newestFirst().map((row) => row.session)).toEqual([3, 2, 1]);
    expect(endings.newestFirst()[0]).toMatchObject({
      ...{ time: '11:26:46', client: '10.77.1.2:43974', server: '10.77.2.2:22' },
      ...{ fate: 'rst-after-syn', cause: 'port-closed', endedBy: 'server' },
    });
  });

  it('that nobody wants to see are counted all the same', () => {
    const endings = new Endings();
    endings.add(session(1), FIRST, false);
    expect(endings.judged).toBe(1);
    expect(endings.newestFirst()).toEqual([]);
  });

  it('that are told anew take the place of what was said', () => {
    const endings = new Endings();
    endings.add(session(1), FIRST, true);
    endings.add(session(2), FIRST, true);
    const previous = { fate: 'rst-after-syn', cause: 'port-closed' } as const;
    endings.add(session(1, noCommonKex()), { revision: 2, previous }, true);
    expect(endings.judged).toBe(2);
    expect(endings.fates().map(({ sessions }) => sessions)).toEqual([1, 1]);
    expect(endings.newestFirst().map(({ session: number, fate, before }) => [number, fate, before])).toEqual([
      [1, 'close-during-kex', 'rst-after-syn'],
      [2, 'rst-after-syn', undefined],
    ]);
    expect(endings.recordOf(1)?.fate).toBe('close-during-kex');
    const known = { fate: 'rst-after-syn', cause: undefined } as const;
    endings.add(session(2), { revision: 2, previous: known }, true);
    expect(endings.newestFirst().map(({ session: number }) => number)).toEqual([1, 2]);
  });

  it('are kept to a thousand lines and two hundred records, the newest', () => {
    const endings = new Endings();
    for (let number = 1; number <= 5000; number++) {
      endings.tick();
      endings.add(session(number), FIRST, true);
    }
    const rows = endings.newestFirst();
    expect([rows.length, rows[0]?.session, rows.at(-1)?.session]).toEqual([1000, 5000, 4001]);
    expect(endings.recordOf(4801)?.session).toBe(4801);
    expect(endings.recordOf(4800)).toBeUndefined();
  });

  it('of a flood are kept in full only now and then, and a rare one among them always', () => {
    const endings = new Endings();
    let made = 0;
    const counting = (number: number, record = portClosed()): Session => {
      const one = session(number, record);
      const toJSON = () => {
        made++;
        return record;
      };
      return { ...one, toJSON } as unknown as Session;
    };
    for (let number = 1; number <= 1000; number++) endings.add(counting(number), FIRST, true);
    endings.add(counting(1001, noCommonKex()), FIRST, true);
    expect(made).toBeLessThanOrEqual(5);
    expect(endings.recordOf(1001)).toBeDefined();
  });

  it('know whether there are several servers', () => {
    const endings = new Endings();
    endings.add(session(1), FIRST, true);
    expect(endings.severalServers).toBe(false);
    endings.add(session(2, portClosed({ server: { address: '10.77.2.3', port: 22 } })), FIRST, true);
    expect(endings.severalServers).toBe(true);
  });
});
