import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, Scene } from '../../session/scene.ts';
import { among, findingOf, namesOf } from '../findings.ts';

const taken = (waitMs: number) =>
  new Scene().connect().says('client', CLIENT_LINE).says('server', '').wait(waitMs).fin('server').end();

describe('backend-down', () => {
  it('is likely when the client’s identification was taken and the close came after a try', () => {
    const record = taken(1000);
    expect(record.cause).toMatchObject({ id: 'backend-down', confidence: 'likely' });
    expect(record.cause?.summary).toContain('tried for 1.00 s');
  });

  it('is possible at once: a TLS service does the same', () => {
    expect(taken(1).cause).toMatchObject({ id: 'backend-down', confidence: 'possible' });
    expect(findingOf('backend-down', among(taken(1), { client: { identified: 2 } }))?.confidence).toBe(
      'likely',
    );
  });

  it('counts from the SYN-ACK where the capture lacks the ACK', () => {
    const record = new Scene().syn().synAck().wait(30).fin('server').says('client', '').end();
    expect(findingOf('backend-down', record)?.summary).toContain('closed it 31.0 ms later');
  });

  it('is likely when the reset comes from behind the one who accepted', () => {
    const record = new Scene()
      .syn()
      .synAck({ hopLimit: 64 })
      .says('client', '')
      .rst('server', { hopLimit: 61, window: 0, ipId: 0 })
      .end();
    expect(namesOf(record)[0]).toBe('backend-down');
    expect(record.cause?.confidence).toBe('likely');
  });

  it('is not claimed when others get an identification string', () => {
    const record = new Scene().connect().fin('server').end();
    expect(findingOf('backend-down', record)?.confidence).toBe('possible');
    expect(findingOf('backend-down', among(record, { server: { identified: 3 } }))).toBeUndefined();
  });
});
