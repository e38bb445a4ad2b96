import { describe, expect, it } from 'vitest';
import { identified, keyed, Scene } from '../../session/scene.ts';
import { kexInit } from '../../ssh/wire.ts';

const KEXINIT = kexInit({ kex: 'k'.repeat(1300) });
const LARGE = KEXINIT.subarray(0, 1448);
const SMALL = KEXINIT.subarray(1448);
const CLIENT_LINE_BYTES = 23;

function repeatedLarge() {
  return identified()
    .says('client', LARGE)
    .says('client', SMALL)
    .sack('server', CLIENT_LINE_BYTES, CLIENT_LINE_BYTES + 1448, CLIENT_LINE_BYTES + KEXINIT.length)
    .wait(200)
    .repeats('client', LARGE, SMALL.length)
    .wait(400)
    .repeats('client', LARGE, SMALL.length)
    .wait(800)
    .repeats('client', LARGE, SMALL.length);
}

describe('path-mtu-black-hole', () => {
  it('is likely when a large segment is repeated while a small one behind it arrived, and says both sizes', () => {
    const { cause } = repeatedLarge().end();
    expect(cause).toMatchObject({ id: 'path-mtu-black-hole', confidence: 'likely' });
    expect(cause?.summary).toContain('1448 bytes');
    expect(cause?.summary).toContain(`${SMALL.length} bytes passed`);
    expect(cause?.summary).toContain('no ICMP error');
    expect(cause?.nextSteps[0]).toContain('tcp option maxseg size set rt mtu');
  });

  it('is not claimed of a large segment with which the capture begins: nothing shows that smaller ones pass', () => {
    const scene = new Scene().says('client', LARGE);
    for (const ms of [400, 800, 1600, 3200]) scene.wait(ms).repeats('client', LARGE);
    const record = scene.end();
    expect(record.observed.oneDirection).toBe('client-to-server');
    expect(record.cause).toBeUndefined();
  });

  it('is certain when ICMP said that a packet was too big', () => {
    const { cause } = repeatedLarge().icmp('client', 3, 4).end();
    expect(cause).toMatchObject({ id: 'path-mtu-black-hole', confidence: 'certain' });
  });

  it('is likely at the receiver, where a large hole before a small segment never fills', () => {
    const scene = identified().says('client', SMALL);
    const { cause } = scene.loses('server', 1448).says('server', SMALL).wait(20_000).end();
    expect(cause).toMatchObject({ id: 'path-mtu-black-hole', confidence: 'likely' });
    expect(cause?.summary).toContain('from the server never arrived');
  });

  it('is only possible when such segments had passed, and a whole burst after a quiet is lost', () => {
    const scene = keyed().says('client', Buffer.alloc(308)).says('server', Buffer.alloc(28));
    scene.says('client', Buffer.alloc(112)).says('server', Buffer.alloc(1448)).says('client', '').wait(3000);
    const burst = Buffer.alloc(1448, 0xa5);
    for (let i = 0; i < 6; i++) scene.says('server', burst);
    for (const ms of [200, 400, 800]) scene.wait(ms).repeats('server', burst, 5 * 1448);
    const { cause, alternatives } = scene.end();
    expect(cause).toMatchObject({ id: 'path-mtu-black-hole', confidence: 'possible' });
    expect(alternatives?.[0]).toMatchObject({ id: 'path-lost', confidence: 'possible' });
  });

  it('is not claimed when small segments are lost as well, or when the large one has passed before', () => {
    const scene = identified().says('client', LARGE).says('client', SMALL);
    const { cause } = scene.wait(400).repeats('client', SMALL).wait(2000).repeats('client', SMALL).end();
    expect(cause?.id).not.toBe('path-mtu-black-hole');
    const passed = identified().says('client', LARGE).says('server', '').says('client', LARGE);
    const { cause: other } = passed
      .wait(400)
      .repeats('client', LARGE)
      .wait(2000)
      .repeats('client', LARGE)
      .end();
    expect(other?.id).not.toBe('path-mtu-black-hole');
  });
});
