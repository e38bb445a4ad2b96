import Table from 'cli-table3';
import { forTerminal } from './escape.ts';

/** What is shown of a network interface. */
export interface ShownInterface {
  readonly name: string;
  readonly state: string | undefined;
  readonly link: string | undefined;
  readonly addresses: readonly string[];
}

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A line for each, its addresses below each other. */
export function interfaceTable(interfaces: readonly ShownInterface[]): string {
  const table = new Table({
    head: ['INTERFACE', 'STATE', 'LINK', 'ADDRESSES'],
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const { name, state, link, addresses } of interfaces) {
    table.push([
      forTerminal(name),
      forTerminal(state ?? '?'),
      forTerminal(link ?? '?'),
      addresses.map(forTerminal).join('\n'),
    ]);
  }
  table.push(['any', '', '', 'all of them together']);
  return `${table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}
