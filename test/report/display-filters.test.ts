import { expect, test } from 'vitest';
import { displayFilters } from '../../src/report/display-filters.ts';
import { portClosed } from './fixtures.ts';

test('A session has a filter for its packets, one for those that decide, and a command.', () => {
  const filter = 'ip.addr==10.77.1.2 && tcp.port==43974 && tcp.port==22 && frame.number in {1..2}';
  expect(displayFilters(portClosed())).toEqual([
    filter,
    'frame.number in {2}',
    `tshark -r closed.pcap -Y '${filter}'`,
  ]);
});

test('A name is quoted for the shell; standard input cannot be read again.', () => {
  expect(displayFilters(portClosed({ capture: "it's $HOME.pcap" }))[2]).toContain(`-r 'it'\\''s $HOME.pcap'`);
  expect(displayFilters(portClosed({ capture: '-' }))).toHaveLength(2);
});

test('IPv6 has a field of its own.', () => {
  const client = { address: '2001:db8::1', port: 1 };
  expect(displayFilters(portClosed({ client }))[0]).toMatch(/^ipv6\.addr==2001:db8::1 &&/);
});
