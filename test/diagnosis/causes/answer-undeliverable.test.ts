import { describe, expect, it } from 'vitest';
import { Crowd } from '../../session/crowd.ts';
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../../tcp/dialogue.ts';

const GATEWAY = 0x0a0000fe;

/** A SYN, and whom the server asks for because of it. */
function asking(address: number, waitMs = 0, hopLimit = 64): Crowd {
  const crowd = new Crowd();
  crowd.visitor(1).syn({ hopLimit });
  crowd.wait(waitMs);
  for (let n = 0; n < 3; n++) crowd.neighbour('request', address, SERVER_ADDRESS).wait(1000);
  return crowd;
}

describe('return-path-drop, by what the server asks for on its link', () => {
  it('is likely where its gateway does not answer', () => {
    const [record] = asking(GATEWAY).wait(20_000).end();
    expect(record).toMatchObject({
      fate: 'no-syn-ack',
      surroundings: { gateway: { address: '10.0.0.254' } },
    });
    expect(record?.cause).toMatchObject({ id: 'return-path-drop', confidence: 'likely' });
    expect(record?.cause?.summary).toContain('asked there 3 times for 10.0.0.254 without an answer');
    expect(record?.cause?.evidence.map(({ packet }) => packet)).toEqual([1, 2, 4]);
  });

  it('tells a netmask that makes the client a neighbour', () => {
    const routed = new Crowd();
    routed.visitor(1).syn({ hopLimit: 63 });
    for (let n = 0; n < 3; n++) routed.neighbour('request', CLIENT_ADDRESS, SERVER_ADDRESS);
    expect(routed.wait(20_000).end()[0]?.cause?.summary).toContain('makes it a neighbour');
    const near = asking(CLIENT_ADDRESS).wait(20_000).end();
    expect(near[0]?.cause?.summary).toContain('does not carry what the client answers');
  });

  it('is only possible where the server asks for somebody at another time', () => {
    const [record] = asking(GATEWAY, 5000, 63).wait(20_000).end();
    expect(record?.cause).toMatchObject({ id: 'return-path-drop', confidence: 'possible' });
    expect(record?.cause?.summary).toContain('if that is its gateway, it cannot deliver');
    // Nobody needs a gateway for a client on the same link.
    expect(asking(GATEWAY, 5000).wait(20_000).end()[0]?.cause).toBeUndefined();
  });

  it('is not claimed where somebody answers, or where others ask', () => {
    const answered = asking(GATEWAY).neighbour('reply', GATEWAY).wait(20_000).end();
    expect(answered[0]?.surroundings?.gateway).toBeUndefined();
    const crowd = new Crowd();
    crowd.visitor(1).syn();
    for (let n = 0; n < 3; n++) crowd.neighbour('request', GATEWAY, 0x0a000099);
    expect(crowd.wait(20_000).end()[0]?.cause).toBeUndefined();
  });
});
