import Table from 'cli-table3';
import { BORDERLESS } from './borderless.ts';
import { forTerminal } from './escape.ts';

/** What is shown of a network interface. */
export interface ShownInterface {
  readonly name: string;
  readonly state: string | undefined;
  readonly link: string | undefined;
  readonly addresses: readonly string[];
}

/** A line for each, its addresses below each other. */
export function interfaceTable(interfaces: readonly ShownInterface[]): string {
  const table = new Table({
    head: ['INTERFACE', 'STATE', 'LINK', 'ADDRESSES'],
    ...BORDERLESS,
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
