import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/record.ts';
import { Scene, SERVER_LINE } from '../session/scene.ts';

function closedBeforeBanner(software: string): SessionRecord {
  const scene = new Scene().connect().says('client', `SSH-2.0-${software}\r\n`).says('server', '');
  return scene.fin('server').end();
}

describe('clientMessage', () => {
  it('has the first line up to OpenSSH 9.4, and the second one since 9.5, which hides the first', () => {
    const first = 'kex_exchange_identification: Connection closed by remote host';
    const second = 'Connection closed by 10.0.0.2 port 22';
    expect(closedBeforeBanner('OpenSSH_9.4').clientMessage).toBe(first);
    expect(closedBeforeBanner('OpenSSH_9.5').clientMessage).toBe(second);
    expect(closedBeforeBanner('OpenSSH_10.0').clientMessage).toBe(second);
  });

  it('is absent for other clients, whose words are not known', () => {
    expect(closedBeforeBanner('PuTTY_Release_0.78').clientMessage).toBeUndefined();
  });

  it('is absent when the client ended the session itself', () => {
    expect(
      new Scene().connect().says('server', SERVER_LINE).fin('client').end().clientMessage,
    ).toBeUndefined();
  });
});
