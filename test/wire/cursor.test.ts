import { describe, expect, it } from 'vitest';
import { Packet } from '../../src/capture/packet.ts';
import { Cursor, MAX_PACKET_LENGTH, MAX_TUNNELS } from '../../src/wire/cursor.ts';

function cursorAt(capturedLength: number, originalLength: number): Cursor {
  const packet = new Packet();
  packet.bytes = new Uint8Array(1000);
  packet.offset = 100;
  packet.capturedLength = capturedLength;
  packet.originalLength = originalLength;
  const cursor = new Cursor();
  cursor.begin(packet);
  return cursor;
}

describe('the cursor', () => {
  it('knows what is there, and whose fault it is when something is missing', () => {
    const cut = cursorAt(50, 60);
    expect([cut.has(50), cut.has(51), cut.short()]).toEqual([true, false, 'header-cut']);
    const whole = cursorAt(50, 50);
    expect(whole.short()).toBe('malformed');
    cut.limit(50);
    expect(cut.short()).toBe('malformed');
  });

  it('takes a record that states less than it holds for whole', () => {
    expect(cursorAt(50, 10)).toMatchObject({ end: 150, wireEnd: 150 });
  });

  it('does not believe in gigantic packets', () => {
    expect(cursorAt(50, 0xffffffff).wireEnd).toBe(100 + MAX_PACKET_LENGTH);
  });

  it('believes an IP header against the record of the packet, not against a header around it', () => {
    const free = cursorAt(50, 50);
    free.limitToIpLength(170);
    expect(free).toMatchObject({ end: 150, wireEnd: 170 });
    const declared = cursorAt(50, 50);
    declared.limit(40);
    declared.limitToIpLength(170);
    expect(declared).toMatchObject({ end: 140, wireEnd: 140 });
    for (const cursor of [free, declared]) expect(cursor.anomalies['ip-length-beyond-packet']).toBe(1);
  });

  it('counts tunnels, and forgets them with the next packet', () => {
    const cursor = cursorAt(50, 50);
    const entered = Array.from({ length: MAX_TUNNELS + 1 }, () => cursor.enterTunnel('gre'));
    expect(entered.filter((ok) => ok)).toHaveLength(MAX_TUNNELS);
    expect(entered.at(-1)).toBe(false);
    cursor.begin(new Packet());
    expect(cursor.nesting.names).toEqual([]);
    expect(cursor.enterTunnel('gre')).toBe(true);
  });
});
