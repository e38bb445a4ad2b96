import { describe, expect, it } from 'vitest';
import { classifyFate } from '../../src/fate/classify.ts';
import { FATE_TABLE } from '../../src/fate/table.ts';
import { FATES, type Stage } from '../../src/fate/vocabulary.ts';
import type { CloseFacts, FateFacts } from '../../src/session/record.ts';

function facts(stage: Stage, rest: Partial<FateFacts> = {}): FateFacts {
  return {
    handshake: 'established',
    stage,
    stageInferred: false,
    closes: [],
    foreign: false,
    clientAskedToLeave: false,
    ...rest,
  };
}

function close(
  side: 'client' | 'server',
  kind: 'fin' | 'rst',
  stage: Stage,
  rest: Partial<CloseFacts> = {},
): CloseFacts {
  return {
    side,
    kind,
    packet: 9,
    atMs: 1,
    stage,
    byOrder: false,
    afterPeerClose: false,
    unacknowledged: false,
    forged: false,
    ...rest,
  };
}

describe('classifyFate', () => {
  it('tells who refused a SYN', () => {
    const byServer = classifyFate(facts('syn', { closes: [close('server', 'rst', 'syn')] }));
    expect(byServer).toEqual({
      fate: 'rst-after-syn',
      stage: 'syn',
      ending: 'rst',
      endedBy: 'server',
      certainty: 'observed',
    });
    const byClient = classifyFate(facts('syn', { closes: [close('client', 'rst', 'syn')] }));
    expect(byClient).toMatchObject({ fate: 'syn-abandoned', endedBy: 'client' });
  });

  it('names both when neither had received the other close, whichever came first', () => {
    const closes = [close('client', 'fin', 'kex'), close('server', 'fin', 'banner', { packet: 10 })];
    for (const order of [closes, [...closes].reverse()]) {
      expect(classifyFate(facts('kex', { closes: order }))).toMatchObject({
        fate: 'close-during-kex',
        stage: 'kex',
        endedBy: 'both',
      });
    }
  });

  it('takes the stage of the closer and not that of the wire', () => {
    const judgement = classifyFate(facts('kex', { closes: [close('server', 'fin', 'banner')] }));
    expect(judgement).toMatchObject({ fate: 'fin-after-banner', stage: 'banner' });
  });

  it('gives the end of a session to the client that asked to leave, although the server closed first', () => {
    const closes = [close('server', 'fin', 'session')];
    expect(classifyFate(facts('session', { closes, clientAskedToLeave: true }))).toMatchObject({
      fate: 'completed',
      endedBy: 'client',
      certainty: 'inferred',
    });
    expect(classifyFate(facts('session', { closes }))).toMatchObject({
      fate: 'closed-in-session',
      endedBy: 'server',
    });
  });

  it('calls a session lost when the side that closes had been waiting for acknowledgements', () => {
    const gaveUp = { unacknowledged: true };
    expect(classifyFate(facts('session', { closes: [close('client', 'fin', 'session', gaveUp)] })).fate).toBe(
      'lost-in-session',
    );
    expect(classifyFate(facts('kex', { closes: [close('client', 'fin', 'kex', gaveUp)] })).fate).toBe(
      'close-during-kex',
    );
  });

  it('blames the path for a reset after which its sender went on talking', () => {
    const judgement = classifyFate(
      facts('tcp', { closes: [close('server', 'rst', 'tcp', { forged: true })] }),
    );
    expect(judgement).toMatchObject({ fate: 'rst-before-banner', endedBy: 'path' });
  });

  it('tells silence from a capture that ended too early', () => {
    const owed = { by: 'server', what: 'SYN-ACK' } as const;
    const early = facts('syn', { handshake: 'syn', owed: { ...owed, silent: false } });
    expect(classifyFate(early).fate).toBe('open');
    const late = facts('syn', { handshake: 'syn', owed: { ...owed, silent: true } });
    expect(classifyFate(late)).toMatchObject({ fate: 'no-syn-ack', endedBy: 'nobody' });
  });

  it('prefers a close to an ICMP error, and an ICMP error to silence', () => {
    const icmp = { packet: 3, type: 3, code: 13, ipVersion: 4 } as const;
    const owed = { by: 'server', what: 'SYN-ACK', silent: true } as const;
    expect(classifyFate(facts('syn', { icmp, owed })).fate).toBe('icmp-after-syn');
    expect(classifyFate(facts('syn', { icmp, closes: [close('server', 'rst', 'syn')] })).fate).toBe(
      'rst-after-syn',
    );
  });

  it('says not-ssh whatever ended the session, but not while it is open', () => {
    expect(classifyFate(facts('tcp', { foreign: true, closes: [close('server', 'fin', 'tcp')] })).fate).toBe(
      'not-ssh',
    );
    expect(classifyFate(facts('tcp', { foreign: true })).fate).toBe('open');
  });

  it('claims nothing when the deciding bytes are missing, and says why', () => {
    const judgement = classifyFate(
      facts('banner', { closes: [close('client', 'fin', 'banner')], missing: 'snap-length' }),
    );
    expect(judgement).toMatchObject({
      fate: 'undetermined',
      stage: 'banner',
      ending: 'fin',
      endedBy: 'client',
    });
    expect(judgement.reason).toContain('snap length');
  });

  it('is only inferred when no acknowledgement tells', () => {
    const judgement = classifyFate(
      facts('kex', { closes: [close('server', 'rst', 'kex', { byOrder: true })] }),
    );
    expect(judgement.certainty).toBe('inferred');
  });

  it('can reach every fate', () => {
    const reached = new Set<string>(['open', 'not-ssh']);
    for (const row of Object.values(FATE_TABLE)) {
      for (const cell of Object.values(row)) {
        for (const fate of typeof cell === 'string' ? [cell] : Object.values(cell)) reached.add(fate);
      }
    }
    expect([...reached].sort()).toEqual([...FATES].sort());
  });
});
