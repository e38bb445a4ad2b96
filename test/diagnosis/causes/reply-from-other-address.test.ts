import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';
import { namesOf } from '../findings.ts';

const BARE = { flags: 'R', window: 0, ipId: 0, sequence: 1001 } as const;

/** The client resets each SYN-ACK and repeats its SYN. */
function past(hopLimit: number): Scene {
  const scene = new Scene();
  for (let n = 0; n < 3; n++) {
    scene.syn({ hopLimit: 63 }).synAck({ sequence: 5000 + 7000 * n });
    scene.rst('client', { ...BARE, hopLimit }).wait(1000);
  }
  return scene;
}

describe('reply-from-other-address', () => {
  it('is likely where the client resets the SYN-ACK and goes on asking', () => {
    const record = past(63).end();
    expect(record).toMatchObject({ fate: 'rst-after-syn-ack', endedBy: 'client' });
    expect(record.cause).toMatchObject({ id: 'reply-from-other-address', confidence: 'likely' });
    expect(record.cause?.summary).toContain('repeated its SYN 2 times');
    expect(record.cause?.evidence).toHaveLength(4);
  });

  it('is not claimed for a reset of a device in the client’s name', () => {
    expect(past(64).end().cause?.id).not.toBe('reply-from-other-address');
  });

  it('is not claimed for a reset in another form than a kernel’s', () => {
    for (const other of [{ window: 512 }, { flags: 'R.' }] as const) {
      const scene = new Scene()
        .syn()
        .synAck()
        .rst('client', { ...BARE, ...other })
        .wait(1000)
        .syn()
        .synAck();
      const record = scene
        .rst('client', { ...BARE, ...other })
        .wait(1000)
        .syn()
        .end();
      expect(namesOf(record)).not.toContain('reply-from-other-address');
    }
  });

  it('is possible where the capture has no SYN of it', () => {
    const record = new Scene().synAck().rst('client', BARE).end();
    expect(record.cause).toMatchObject({ id: 'reply-from-other-address', confidence: 'possible' });
    expect(record.cause?.summary).toContain('to which this capture has no SYN');
  });

  it('is not claimed for a scan, which asks once', () => {
    const record = new Scene().syn().synAck().rst('client', BARE).end();
    expect(record.cause?.id).toBe('scan');
  });
});
