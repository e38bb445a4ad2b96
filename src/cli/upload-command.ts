import { Argument, Command, Option } from '@commander-js/extra-typings';
import { completesFiles } from './completion-words.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodesHelp, helpSection } from './help.ts';
import { parseWebAddress } from './live-option-values.ts';
import { optionValue } from './option-values.ts';
import type { Terminal } from './terminal.ts';

export function uploadCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('upload')
    .summary('send captures to a service')
    .description(
      "Sends captures to a service that 'sshfate serve' runs, and prints the id and the link of each; with --wait also what became of its sessions.",
    )
    .addArgument(completesFiles(new Argument('<file...>', 'captures')))
    .optionsGroup('Where to:')
    .addOption(
      new Option('--to <address>', 'of the service, as in https://captures.example.org')
        .makeOptionMandatory()
        .argParser(optionValue('--to', parseWebAddress)),
    )
    .option('--allow-http', 'http to another machine, where everybody on the way can read the token')
    .optionsGroup('Token (else from SSHFATE_TOKEN; never on the command line):')
    .addOption(completesFiles(new Option('--credentials-file <file>', 'one line, the token; with mode 0600')))
    .option('--credentials-command <command>', 'prints that line; it is run without a shell')
    .optionsGroup('Output:')
    .option('--wait', 'until each is judged, and print the verdict')
    .option('--no-color', 'no colours')
    .option('-q, --quiet', 'no progress')
    .optionsGroup('Help:')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate upload dump.pcap --to http://localhost:8422 --wait',
        'sshfate upload *.pcapng --to https://captures.example.org',
      ]),
    )
    .addHelpText('after', exitCodesHelp())
    .action(async (files, settings) => {
      const { upload } = await import('./upload.ts');
      finish(await upload(files, settings, terminal));
    });
}
