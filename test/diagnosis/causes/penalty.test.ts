import { describe, expect, it } from 'vitest';
import type { EarlierSession } from '../../../src/session/record.ts';
import { Scene } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

const TEXT = 'Not allowed at this time\r\n';
const refused = (hopLimit = 64) =>
  new Scene().syn({ hopLimit }).synAck().says('client', '').says('server', TEXT).fin('server').end();
const failures = (count: number, rest: Partial<EarlierSession> = {}): readonly EarlierSession[] =>
  Array.from({ length: count }, (_, n) => ({
    session: n + 1,
    fate: 'close-during-auth',
    cause: 'authentication-failed',
    agoMs: (count - n) * 1000,
    packet: 10 * n + 1,
    ...rest,
  }));

describe('penalty', () => {
  it('is likely after failures whose penalties pass the limit, and says how long it lasts', () => {
    const finding = findingOf('penalty', among(refused(), { client: { earlier: failures(4) } }));
    expect(finding?.confidence).toBe('likely');
    expect(finding?.summary).toContain('for 16 s more');
    expect(finding?.evidence[1]?.what).toContain('packet 1, 11, 21, 31');
    expect(finding?.nextSteps[0]).toContain('`PerSourcePenaltyExemptList 10.0.0.1`');
  });

  it('cites no earlier sessions where there are none', () => {
    const finding = findingOf('penalty', refused());
    expect(finding?.confidence).toBe('possible');
    expect(finding?.summary).toContain('before this capture began');
    expect(finding?.evidence).toHaveLength(1);
  });

  it('is certain at the server, which sees everybody who could fill MaxStartups', () => {
    const record = among(refused(60), { client: { earlier: failures(4) } });
    expect(findingOf('penalty', record)?.confidence).toBe('certain');
  });

  it('is likely after fewer failures when nobody else is open, and possible when somebody is', () => {
    const client = { earlier: failures(1) };
    expect(findingOf('penalty', among(refused(), { client }))?.confidence).toBe('likely');
    const server = { sessions: 2, unauthenticated: { sessions: 1, packets: [1] } };
    expect(findingOf('penalty', among(refused(), { client, server }))?.confidence).toBe('possible');
  });

  it('counts no refusals, and forgets a sum that has run out', () => {
    const refusals = failures(9, { fate: 'fin-before-banner', cause: 'penalty' });
    expect(findingOf('penalty', among(refused(), { client: { earlier: refusals } }))?.confidence).toBe(
      'possible',
    );
    const old = failures(4, { agoMs: 300_000 });
    const finding = findingOf('penalty', among(refused(), { client: { earlier: old } }));
    expect(finding?.summary).not.toContain('s more');
  });

  it('is not claimed of the older text', () => {
    const record = new Scene().connect().says('server', 'Exceeded MaxStartups\r\n').fin('server').end();
    expect(findingOf('penalty', record)).toBeUndefined();
  });
});
