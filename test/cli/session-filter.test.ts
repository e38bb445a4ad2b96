import { describe, expect, test } from 'vitest';
import { parseEndpoints, parseMoment } from '../../src/cli/option-values.ts';
import { type SessionFilterOptions, sessionFilter } from '../../src/cli/session-filter.ts';
import type { ReportedSession } from '../../src/report/reporter.ts';
import { noCommonKex, portClosed, reported } from '../report/fixtures.ts';

/** The capture begins at 11:26:46.5; a session lives from second 10 to 20 of it. */
const EPOCH_NS = BigInt(Date.UTC(2026, 10, 23, 11, 26, 46)) * 1_000_000n + 500_000_123n;
const session: ReportedSession = { ...reported(portClosed()), startNs: 10e9, endNs: 20e9 };

function passes(options: SessionFilterOptions, candidate: ReportedSession = session): boolean {
  return sessionFilter(options, EPOCH_NS)(candidate);
}

describe('the session filter', () => {
  test('lets everything through when nothing is asked', () => {
    expect(passes({})).toBe(true);
  });
  test('tells sessions by number, fate and cause, and all must hold', () => {
    expect(passes({ session: 1, fate: new Set(['rst-after-syn']), cause: new Set(['port-closed']) })).toBe(
      true,
    );
    expect(passes({ session: 2 })).toBe(false);
    expect(passes({ fate: new Set(['open']) })).toBe(false);
    expect(passes({ cause: new Set(['filtered']) })).toBe(false);
    expect(passes({ session: 1, fate: new Set(['open']) })).toBe(false);
    expect(passes({ cause: new Set(['port-closed']) }, reported(noCommonKex({ cause: undefined })))).toBe(
      false,
    );
  });
  test('tells them by address, network and port', () => {
    const client = (text: string) => passes({ client: parseEndpoints(text) });
    const server = (text: string) => passes({ server: parseEndpoints(text) });
    expect([client('10.77.1.2'), client('10.77.0.0/16'), client('10.77.1.2:43974')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([client('10.77.1.3'), client('10.77.1.2:1'), client('2001:db8::/32')]).toEqual([
      false,
      false,
      false,
    ]);
    expect([server('192.0.2.1,10.77.2.2:22'), server('10.77.1.2')]).toEqual([true, false]);
  });
  test('takes sessions that were alive between since and until', () => {
    const between = (since: string, until: string) =>
      passes({ since: parseMoment(since), until: parseMoment(until) });
    expect(between('+15s', '+16s')).toBe(true);
    expect(between('+0s', '+10s')).toBe(true);
    expect(between('+20s', '+60s')).toBe(true);
    expect(between('+0s', '+9s')).toBe(false);
    expect(between('+21s', '+60s')).toBe(false);
    expect(between('2026-11-23T11:27:00Z', '2026-11-23T11:27:01Z')).toBe(true);
    expect(between('2026-11-23T11:27:07Z', '2026-11-24')).toBe(false);
    expect(between('2026-11-23', '2026-11-23T11:26:56Z')).toBe(false);
  });
  test('takes times of day on the first day, and those before the capture on the next', () => {
    expect(passes({ since: parseMoment('11:27'), until: parseMoment('11:28') })).toBe(true);
    expect(passes({ since: parseMoment('11:26'), until: parseMoment('11:27') })).toBe(true);
    expect(passes({ since: parseMoment('12:00') })).toBe(false);
    expect(passes({ since: parseMoment('03:00') })).toBe(false);
    expect(passes({ until: parseMoment('03:00') })).toBe(true);
    const nextDay = { ...session, startNs: 57_000e9, endNs: 58_000e9 };
    expect(passes({ since: parseMoment('03:10'), until: parseMoment('04:00') }, nextDay)).toBe(true);
  });
});
