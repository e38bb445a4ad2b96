import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, Scene } from '../../session/scene.ts';
import { findingOf, namesOf } from '../findings.ts';

const waiting = () => new Scene().connect().says('client', CLIENT_LINE).says('server', '');

describe('server-hung', () => {
  it('is likely when only the kernel answers and the packets stop', () => {
    const record = waiting().wait(20_000).end();
    expect(record.fate).toBe('stalled-before-banner');
    expect(record.cause).toMatchObject({ id: 'server-hung', confidence: 'likely' });
  });

  it('names the ConnectTimeout that fits when the client gives up', () => {
    const record = waiting().wait(3996).fin('client').end();
    expect(record.fate).toBe('fin-before-banner');
    expect(record.cause).toMatchObject({ id: 'server-hung', confidence: 'likely' });
    expect(record.cause?.summary).toContain('(ConnectTimeout 4 fits)');
    expect(waiting().wait(3400).fin('client').end().cause?.summary).not.toContain('ConnectTimeout');
  });

  it('is not claimed of a client that left at once, or whose data nobody acknowledged', () => {
    expect(namesOf(waiting().fin('client').end())).not.toContain('server-hung');
    const lost = new Scene().connect().says('client', CLIENT_LINE);
    for (const pause of [200, 400, 800]) lost.wait(pause).repeats('client', CLIENT_LINE);
    expect(findingOf('server-hung', lost.wait(20_000).end())).toBeUndefined();
  });
});
