import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, Scene, SERVER_LINE } from '../../session/scene.ts';
import { namesOf } from '../findings.ts';

const slow = (waitMs: number) =>
  new Scene().connect().says('client', CLIENT_LINE).says('server', '').wait(waitMs);

describe('slow-banner', () => {
  it('is certain from two seconds on, and says them', () => {
    const record = slow(6000).says('server', SERVER_LINE).end();
    expect(record.fate).toBe('open');
    expect(record.cause).toMatchObject({ id: 'slow-banner', confidence: 'certain' });
    expect(record.cause?.summary).toContain('6.00 s');
    expect(slow(1500).says('server', SERVER_LINE).end().cause).toBeUndefined();
  });

  it('comes before server-hung when the client had given up', () => {
    const record = slow(3000).fin('client').wait(2000).says('server', SERVER_LINE).end();
    expect(namesOf(record)[0]).toBe('slow-banner');
    expect(record.cause?.summary).toContain('2.00 s after the client had given up');
  });

  it('is not claimed of a client that left at once: it did not wait', () => {
    const record = slow(300).fin('client').wait(4000).says('server', SERVER_LINE).end();
    expect(record.fate).toBe('fin-before-banner');
    expect(namesOf(record)).not.toContain('slow-banner');
  });

  it('is not claimed when packets were lost on the way', () => {
    const record = slow(3000).says('server', SERVER_LINE).wait(300).repeats('server', SERVER_LINE).end();
    expect(record.cause).toBeUndefined();
  });
});
