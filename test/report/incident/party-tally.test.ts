import { describe, expect, test } from 'vitest';
import { PartyTally } from '../../../src/report/incident/party-tally.ts';
import { completed, noCommonKex, portClosed, reported } from '../fixtures.ts';

const client = (address: string) => ({ client: { address, port: 4000 } });

describe('the tally of servers and clients', () => {
  test('has those with the most failures first, with what became of their sessions', () => {
    const tally = new PartyTally('server');
    for (let i = 0; i < 3; i++) tally.add(reported(noCommonKex()), true);
    tally.add(reported(completed()), false);
    const other = { address: '2001:db8::1', port: 2222 };
    tally.add(reported(portClosed({ server: other, client: { address: '2001:db8::2', port: 1 } })), true);
    expect(tally.table()).toEqual({
      rows: [
        {
          name: '10.77.2.2:22',
          software: 'OpenSSH_10.0p2',
          sessions: 4,
          failed: 3,
          verdicts: [
            { fate: 'close-during-kex', cause: 'no-common-kex', sessions: 3 },
            { fate: 'completed', sessions: 1 },
          ],
        },
        {
          name: '[2001:db8::1]:2222',
          sessions: 1,
          failed: 1,
          verdicts: [{ fate: 'rst-after-syn', cause: 'port-closed', sessions: 1 }],
        },
      ],
      more: 0,
    });
  });
  test('tells clients by their address alone, and what it shows no row of', () => {
    const tally = new PartyTally('client');
    for (let i = 0; i < 60; i++) tally.add(reported(portClosed(client(`10.1.0.${i % 30}`))), true);
    const { rows, more, atLeast } = tally.table();
    expect(rows).toHaveLength(20);
    expect(rows[0]).toMatchObject({ name: '10.1.0.0', sessions: 2 });
    expect({ more, atLeast }).toEqual({ more: 10, atLeast: undefined });
  });
  test('keeps addresses above 127.255.255.255 as they are', () => {
    const tally = new PartyTally('client');
    tally.add(reported(portClosed(client('255.255.255.254'))), true);
    expect(tally.table().rows[0]?.name).toBe('255.255.255.254');
  });
  test('of a flood of forged sources keeps those that come again, and says that it counted no further', () => {
    const tally = new PartyTally('client');
    const flood = reported(portClosed());
    for (let i = 0; i < 50_000; i++) {
      tally.add({ ...flood, clientAddressWords: [0x0b000000 + i, 0, 0, 0] }, true);
      if (i % 10 === 0) tally.add(reported(portClosed(client('192.0.2.99'))), true);
    }
    const { rows, more, atLeast } = tally.table();
    expect(rows[0]).toMatchObject({ name: '192.0.2.99', sessions: 5000 });
    expect(atLeast).toBe(true);
    expect(more).toBeGreaterThan(49_000);
  });
});
