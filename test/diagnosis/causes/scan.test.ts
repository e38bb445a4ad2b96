import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';
import { among, findingOf, namesOf } from '../findings.ts';

const BARE = { flags: 'R', window: 0, ipId: 0 } as const;

describe('scan', () => {
  it('is likely for a SYN-ACK that the client resets, and certain at several servers', () => {
    const record = new Scene().syn().synAck().rst('client', BARE).end();
    expect(record.cause).toMatchObject({ id: 'scan', confidence: 'likely' });
    expect(findingOf('scan', among(record, { client: { servers: 4 } }))?.confidence).toBe('certain');
  });

  it('is likely for a client that connects and resets at once', () => {
    const record = new Scene().connect().rst('client').end();
    expect(record.fate).toBe('rst-before-banner');
    expect(namesOf(record)[0]).toBe('scan');
  });

  it('is not claimed of a client that waited, that gave up its connect, or that has spoken', () => {
    expect(namesOf(new Scene().connect().wait(5000).fin('client').end())).not.toContain('scan');
    const late = new Scene().syn().wait(3000).synAck().rst('client', BARE).end();
    expect(namesOf(late)).not.toContain('scan');
    const spoke = new Scene().connect().says('client', 'x').rst('client').end();
    expect(namesOf(spoke)).not.toContain('scan');
    // What it said is not in the capture.
    const unseen = new Scene().connect().loses('client', 21).fin('client').end();
    expect(unseen.fate).toBe('fin-before-banner');
    expect(namesOf(unseen)).not.toContain('scan');
  });

  it('tells a single SYN from a client’s try by the number of servers', () => {
    const record = new Scene().syn().wait(20_000).end();
    expect(findingOf('scan', record)).toBeUndefined();
    expect(findingOf('scan', among(record, { client: { servers: 40 } }))?.confidence).toBe('likely');
  });
});
