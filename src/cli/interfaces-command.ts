import { Command, Option } from '@commander-js/extra-typings';
import { completesWord } from './completion-words.ts';
import type { ExitCode } from './exit-codes.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { oneOf, optionValue } from './option-values.ts';
import type { Terminal } from './terminal.ts';

const FORMATS = ['table', 'json'] as const;

export function interfacesCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('interfaces')
    .summary("list the network interfaces that 'sshfate live' can watch")
    .description('Lists the network interfaces of this machine: state, what packets begin with, addresses.')
    .addOption(
      completesWord(
        new Option('-f, --format <format>', FORMATS.join(', '))
          .default('table' as (typeof FORMATS)[number])
          .argParser(optionValue('--format', (text) => oneOf(text, FORMATS, 'format'))),
        FORMATS,
      ),
    )
    .action(async ({ format }) => {
      const { listInterfaces } = await import('../live/interfaces.ts');
      const { interfaceTable } = await import('../report/interface-table.ts');
      const interfaces = listInterfaces();
      terminal.stdout.write(
        format === 'json' ? `${JSON.stringify(interfaces, undefined, 2)}\n` : interfaceTable(interfaces),
      );
      finish(EXIT_CODES.done.code);
    });
}
