import { describe, expect, it } from 'vitest';
import { Scene } from '../../session/scene.ts';

describe('the ICMP causes', () => {
  it.each([
    [0, 'icmp-network-unreachable', 'Network is unreachable'],
    [1, 'icmp-host-unreachable', 'No route to host'],
    [3, 'icmp-port-unreachable', 'Connection refused'],
    [10, 'icmp-admin-prohibited', 'No route to host'],
    [13, 'icmp-admin-prohibited', 'No route to host'],
  ])('type 3 code %i is %s, and the client says "%s"', (code, id, words) => {
    const record = new Scene().syn().icmp('client', 3, code).end();
    expect(record.cause).toMatchObject({ id, confidence: 'certain' });
    expect(record.cause?.summary).toContain('10.0.0.254 on the path');
    expect(record.cause?.evidence).toHaveLength(1);
    expect(record.clientMessage).toBe(`ssh: connect to host 10.0.0.2 port 22: ${words}`);
  });

  it('fragmentation needed is no refusal', () => {
    const record = new Scene().syn().icmp('client', 3, 4).wait(20_000).end();
    expect(record.fate).toBe('no-syn-ack');
    expect(record.cause).toBeUndefined();
  });
});
