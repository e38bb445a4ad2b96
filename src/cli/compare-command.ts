import { Argument, Command, Option } from '@commander-js/extra-typings';
import { COMPARISON_FORMATS } from '../report/comparison/render.ts';
import { completesFiles, completesList, completesWord } from './completion-words.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodesHelp, helpSection } from './help.ts';
import {
  optionValue,
  PLACES,
  parseCount,
  parseDuration,
  parsePlaces,
  parsePorts,
  parseSessionNumber,
} from './option-values.ts';
import { parseFormat } from './report-format.ts';
import type { Terminal } from './terminal.ts';

export function compareCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('compare')
    .summary('say where on the way sessions broke, from captures at several places')
    .description(
      'Finds the same SSH sessions in two or more captures, taken at the client, at the server or in between, and says of each where it broke: at the client, on the path or at the server. Tells lost packets from forged ones and both from what a capture missed; works through NAT, proxies and clocks that differ. The order of the captures does not matter.',
    )
    .addArgument(completesFiles(new Argument('<capture...>', 'two or more files, or folders')))
    .optionsGroup('What is a session:')
    .addOption(
      new Option(
        '-p, --port <ports>',
        'ports on which every connection is one, at whichever capture (default: 22)',
      ).argParser(optionValue('--port', parsePorts)),
    )
    .option('--any-port', 'also connections on other ports on which SSH shows up')
    .addOption(
      new Option(
        '--silence <time>',
        'an answer awaited longer than this in capture time never came, e.g. 15s or 500ms (default: 15s)',
      ).argParser(optionValue('--silence', parseDuration)),
    )
    .optionsGroup('Output:')
    .addOption(
      completesWord(
        new Option(
          '-f, --format <format>',
          `${COMPARISON_FORMATS.join(', ')} (default: by the ending of --output's file, else table)`,
        ).argParser(optionValue('--format', (text) => parseFormat(text, COMPARISON_FORMATS))),
        COMPARISON_FORMATS,
      ),
    )
    .addOption(completesFiles(new Option('-o, --output <file>', 'write there instead of standard output')))
    .addOption(
      new Option('-s, --session <number>', 'the one with this number, in full').argParser(
        optionValue('--session', parseSessionNumber),
      ),
    )
    .addOption(
      new Option('-n, --limit <count>', 'how many sessions a table, Markdown and HTML list')
        .default(20)
        .argParser(optionValue('--limit', parseCount)),
    )
    .option('-q, --quiet', 'no progress')
    .optionsGroup('Result:')
    .addOption(
      completesList(
        new Option(
          '--fail-on <places>',
          `exit with 1 when a session broke at one of these: ${PLACES.join(', ')}`,
        ).argParser(optionValue('--fail-on', parsePlaces)),
        PLACES,
      ),
    )
    .optionsGroup('Help:')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate compare client.pcap server.pcap',
        'sshfate compare client.pcap server.pcap -o where.html    with pictures',
        'sshfate compare client.pcap firewall-in.pcap firewall-out.pcap server.pcap',
        'sshfate compare outside.pcap inside.pcap --port 2222,22  mapped ports',
        'sshfate compare a.pcap b.pcap -f json | jq ".sessions[].verdict"',
      ]),
    )
    .addHelpText('after', exitCodesHelp())
    .action(async (captures, settings) => {
      const { compare } = await import('./compare.ts');
      finish(await compare(captures, settings, terminal));
    });
}
