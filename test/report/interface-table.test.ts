import { expect, it } from 'vitest';
import { interfaceTable } from '../../src/report/interface-table.ts';

it('shows each interface, its addresses below each other', () => {
  const table = interfaceTable([
    { name: 'eth0', state: 'up', link: 'Ethernet', addresses: ['10.0.0.1/24', '2001:db8::1/64'] },
    { name: 'x\x1b[2J', state: undefined, link: undefined, addresses: [] },
  ]);
  expect(table.split('\n')).toEqual([
    'INTERFACE  STATE  LINK      ADDRESSES',
    'eth0       up     Ethernet  10.0.0.1/24',
    '                            2001:db8::1/64',
    'x\\x1b[2J   ?      ?',
    'any                         all of them together',
    '',
  ]);
});
