import { describe, expect, it } from 'vitest';
import { identified, Scene } from '../../session/scene.ts';
import { kexInit, packet } from '../../ssh/wire.ts';
import { CLIENT_ADDRESS, SERVER_ADDRESS } from '../../tcp/dialogue.ts';

describe('the ICMP causes', () => {
  it.each([
    [0, 'icmp-network-unreachable', 'Network is unreachable'],
    [1, 'icmp-host-unreachable', 'No route to host'],
    [2, 'icmp-admin-prohibited', 'Protocol not available'],
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

  it.each([3, 13])('lets SSH pass where the host that refuses (code %i) forwards packets', (code) => {
    const steps = new Scene().syn().icmp('client', 3, code).end().cause?.nextSteps;
    expect(steps?.[0]).toMatch(/^On 10\.0\.0\.254: /);
    expect(steps?.[0]).toContain('`iptables -I FORWARD -p tcp -s 10.0.0.1 -d 10.0.0.2 --dport 22 -j ACCEPT`');
    expect(steps?.join('\n')).not.toMatch(/-I INPUT|unbanip/);
  });

  it.each([3, 13])('lets SSH in where the server itself refuses (code %i)', (code) => {
    const { cause } = new Scene().syn().icmp('client', 3, code, SERVER_ADDRESS).end();
    expect(cause?.summary).toContain('by the server itself');
    const rule = '`iptables -I INPUT -p tcp -s 10.0.0.1 -d 10.0.0.2 --dport 22 -j ACCEPT`';
    expect(cause?.nextSteps.join('\n')).toContain(rule);
    expect(cause?.nextSteps.join('\n')).not.toContain('FORWARD');
    // Who is banned by the server's fail2ban is refused like this.
    if (code === 3) expect(cause?.nextSteps[0]).toContain('unbanip 10.0.0.1');
  });

  it('lets the answers of the server pass where these are refused', () => {
    const refused = () => new Scene().syn().synAck();
    const byRouter = refused().icmp('server', 3, 13).end().cause;
    expect(byRouter?.nextSteps[0]).toContain(
      '`iptables -I FORWARD -p tcp -s 10.0.0.2 -d 10.0.0.1 --sport 22 -j ACCEPT`',
    );
    const byClient = refused().icmp('server', 3, 13, CLIENT_ADDRESS).end().cause;
    expect(byClient?.nextSteps[0]).toContain('-I INPUT -p tcp -s 10.0.0.2 -d 10.0.0.1 --sport 22');
  });

  it('protocol unreachable is told as the rule that it is', () => {
    const { cause } = new Scene().syn().icmp('client', 3, 2).end();
    expect(cause?.summary).toContain('with protocol unreachable');
    expect(cause?.summary).not.toContain('administratively');
  });

  it('a hop limit that runs out is a routing loop, of which the client says that there is no route', () => {
    const record = new Scene().syn().icmp('client', 11, 0).end();
    expect(record.cause).toMatchObject({ id: 'icmp-time-exceeded', confidence: 'certain' });
    expect(record.cause?.nextSteps[0]).toContain('On the client: `traceroute -n 10.0.0.2`');
    expect(record.clientMessage).toBe('ssh: connect to host 10.0.0.2 port 22: No route to host');
    const back = new Scene().syn().synAck().icmp('server', 11, 0).end();
    expect(back.cause?.nextSteps[0]).toContain('On the server: `traceroute -n 10.0.0.1`');
  });

  it('a SYN of traceroute or mtr, whose hop limit is to run out, is no loop', () => {
    for (const hopLimit of [1, 3, 30]) {
      expect(new Scene().syn({ hopLimit }).icmp('client', 11, 0).end().cause).toBeUndefined();
    }
    const windows = new Scene().syn({ hopLimit: 128 }).icmp('client', 11, 0).end();
    expect(windows.cause?.id).toBe('icmp-time-exceeded');
  });

  it('a fragment that never became whole (type 11 code 1) is no loop', () => {
    expect(new Scene().syn().icmp('client', 11, 1).end().cause).toBeUndefined();
  });

  /** About the ACK that ends the handshake. */
  const refusedAck = () => new Scene().connect().icmp('client', 3, 13, undefined, { sequence: 1001 });

  it('is why a client leaves whose packets are refused, which is no scan', () => {
    const record = refusedAck().fin('client').end();
    expect(record.fate).toBe('fin-before-banner');
    expect(record.cause).toMatchObject({ id: 'icmp-admin-prohibited', confidence: 'certain' });
    expect(record.cause?.summary).toContain('the client closed at once');
    expect(record.alternatives ?? []).toHaveLength(0);
  });

  it('is only likely to be why a side leaves that was past the handshake, where a kernel keeps it to itself', () => {
    const scene = identified().says('client', kexInit()).says('server', kexInit());
    const asked = scene.says('client', packet(30, Buffer.alloc(36))).icmp('client', 3, 1);
    expect(asked.wait(600).fin('client').end()).toMatchObject({
      fate: 'close-during-kex',
      cause: { id: 'icmp-host-unreachable', confidence: 'likely' },
    });
  });

  it('is not why a side leaves that went on for seconds, or whose packets were not the refused ones', () => {
    expect(refusedAck().wait(5000).fin('client').end().cause?.id).not.toMatch(/^icmp-/);
    const other = new Scene().connect().icmp('server', 3, 13, undefined, { sequence: 5001 }).fin('client');
    expect(other.end().cause?.id ?? '').not.toMatch(/^icmp-/);
  });

  it('fragmentation needed is no refusal', () => {
    const record = new Scene().syn().icmp('client', 3, 4).wait(20_000).end();
    expect(record.fate).toBe('no-syn-ack');
    expect(record.cause).toBeUndefined();
  });
});
