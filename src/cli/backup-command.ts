import { Argument, Command } from '@commander-js/extra-typings';
import { counted } from '../report/layout.ts';
import { completesFiles } from './completion-words.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { helpSection } from './help.ts';
import { dataOption } from './serve-command.ts';
import type { Terminal } from './terminal.ts';

export function backupCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('backup')
    .summary("copy what 'sshfate serve' keeps")
    .description(
      "Copies uploads, notes, tokens' hashes and the audit log to a folder, also while the service runs; what is there from an earlier time is not copied again. Give that folder to 'sshfate serve --data' to restore: it judges the captures anew.",
    )
    .addArgument(completesFiles(new Argument('<folder>', 'where to')))
    .addOption(dataOption())
    .addHelpText('after', helpSection('Examples', ['sshfate backup /mnt/backup/sshfate']))
    .action(async (folder, { data }) => {
      const { dataFolder } = await import('./serve.ts');
      const { backUp } = await import('../store/back-up.ts');
      const { StoreError } = await import('../store/sqlite.ts');
      const { UsageError } = await import('./errors.ts');
      try {
        const { captures, copied } = await backUp(dataFolder(data, terminal), folder);
        terminal.say(`Backed up ${counted(captures, 'file')} to '${folder}', ${copied} of them new.`);
        finish(EXIT_CODES.done.code);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        throw new UsageError(error.message);
      }
    });
}
