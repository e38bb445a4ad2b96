import { expect, it } from 'vitest';
import { CLIENT_LINE, Scene, SERVER_LINE } from './scene.ts';

it('tells how long the identification string took', () => {
  const record = new Scene().connect().wait(30).says('server', SERVER_LINE).end();
  expect(record.timing.identificationMs).toBe(31);
});

it('tells no time that is negative: what stands for the handshake’s last ACK came behind the identification string', () => {
  const scene = new Scene().syn().synAck().says('server', SERVER_LINE).says('client', CLIENT_LINE);
  const { timing } = scene.end();
  expect(timing.connectMs).toBe(3);
  expect(timing.identificationMs).toBeUndefined();
});
