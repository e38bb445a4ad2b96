import { describe, expect, it } from 'vitest';
import { CLIENT_LINE, Scene } from '../../session/scene.ts';
import { among, findingOf } from '../findings.ts';

const ignored = (hopLimit: number) =>
  new Scene()
    .syn({ hopLimit })
    .synAck({ hopLimit: hopLimit === 64 ? 61 : 64 })
    .says('client', '')
    .says('client', CLIENT_LINE)
    .wait(200)
    .repeats('client', CLIENT_LINE)
    .wait(800)
    .synAck({ hopLimit: hopLimit === 64 ? 61 : 64, ipId: 7 })
    .wait(400)
    .repeats('client', CLIENT_LINE)
    .wait(20_000)
    .end();

describe('handshake-ack-lost', () => {
  it('is likely at the client, with the full listen queue as the other explanation', () => {
    const record = ignored(64);
    expect(record.cause).toMatchObject({ id: 'handshake-ack-lost', confidence: 'likely' });
    expect(record.alternatives).toMatchObject([{ id: 'accept-backlog-full', confidence: 'possible' }]);
  });

  it('gives way where the ACK had arrived at the server, or nobody there was ever greeted', () => {
    expect(ignored(61).cause).toMatchObject({ id: 'accept-backlog-full', confidence: 'likely' });
    const crowded = among(ignored(64), { server: { sessions: 1, answered: 1 } });
    expect(findingOf('handshake-ack-lost', crowded)?.confidence).toBe('possible');
    expect(findingOf('accept-backlog-full', crowded)?.confidence).toBe('likely');
  });

  it('is not claimed of a handshake that was repeated before the ACK', () => {
    const record = new Scene()
      .syn()
      .synAck()
      .wait(1000)
      .synAck({ ipId: 3 })
      .says('client', '')
      .says('client', CLIENT_LINE)
      .says('server', '')
      .wait(20_000)
      .end();
    expect(record.cause?.id).toBe('server-hung');
  });
});
