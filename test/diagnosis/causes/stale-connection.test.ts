import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';

const OLD = { sequence: 900_000_001, acknowledgement: 700_000_001 } as const;

/** Each SYN is answered with an ACK of another connection. */
function challenged(resets: boolean): Scene {
  const scene = new Scene();
  for (let n = 0; n < 3; n++) {
    scene.syn().segment({ from: 'server', flags: '.', ...OLD });
    if (resets) scene.segment({ from: 'client', flags: 'R', sequence: OLD.acknowledgement });
    scene.wait(1000);
  }
  return scene;
}

describe('stale-connection', () => {
  it('is told by ACKs in the place of SYN-ACKs, and then something did answer', () => {
    const record = challenged(true).end();
    expect(record.fate).toBe('no-syn-ack');
    expect(record.cause).toMatchObject({ id: 'stale-connection', confidence: 'likely' });
    expect(record.cause?.summary).toContain('answered 3 SYNs with ACKs that are no SYN-ACK');
    expect(record.cause?.summary).toContain('resets of it did not end it');
    expect(record.alternatives ?? []).toHaveLength(0);
  });

  it('says at the server that no reset came', () => {
    expect(challenged(false).end().cause?.summary).toContain('no reset of it by the client came here');
  });

  it('is not claimed for silence', () => {
    expect(new Scene().syn().wait(1000).syn().end().cause?.id).toBe('filtered');
  });
});
