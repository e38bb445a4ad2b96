import { Option } from '@commander-js/extra-typings';
import { REPORTERS, type ReportFormat } from '../report/index.ts';
import { SESSION_COLUMN_NAMES } from '../report/session-columns.ts';
import { captureCommand, failOnOption } from './capture-command.ts';
import { completesFiles, completesWord } from './completion-words.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodesHelp, helpSection } from './help.ts';
import { clientVersionOption, messageOption } from './message-option.ts';
import { optionValue, parseCount, parseSortColumn } from './option-values.ts';
import { parseDataFormat } from './report-format.ts';
import type { Terminal } from './terminal.ts';

const FORMATS = Object.keys(REPORTERS) as ReportFormat[];

export function analyzeCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return captureCommand('analyze')
    .summary('say what became of each SSH session in captures')
    .description(
      'Reads captures (pcap and pcapng, also in gzip), rebuilds their SSH sessions, and says what became of each, who ended it, why, and what to do now. Folders are searched for captures; - is standard input, which is judged while it comes in.',
    )
    .optionsGroup('Output:')
    .addOption(
      completesWord(
        new Option('-f, --format <format>', `${FORMATS.join(', ')}`)
          .default('table' as ReportFormat)
          .argParser(optionValue('--format', (text) => parseDataFormat(text, FORMATS))),
        FORMATS,
      ),
    )
    .addOption(completesFiles(new Option('-o, --output <file>', 'write there instead of standard output')))
    .option('-a, --all', 'table: every session, as it ends, instead of the most telling')
    .addOption(
      new Option('-n, --limit <count>', 'table: how many sessions are listed')
        .default(20)
        .argParser(optionValue('--limit', parseCount)),
    )
    .addOption(
      completesWord(
        new Option(
          '--sort <column>',
          `table: by ${SESSION_COLUMN_NAMES.join(', ')}; sizes with the largest first`,
        ).argParser(optionValue('--sort', parseSortColumn)),
        SESSION_COLUMN_NAMES,
      ),
    )
    .option('-w, --wide', 'table: every column, however wide that is')
    .option('--no-color', 'no colours (also NO_COLOR; FORCE_COLOR for colours in a pipe)')
    .option('-q, --quiet', 'no progress')
    .optionsGroup('Result:')
    .addOption(
      messageOption(
        "say whether the sessions explain this error of a client (with its other lines, also of -v); '-' reads it from standard input",
      ),
    )
    .addOption(clientVersionOption())
    .addOption(failOnOption())
    .optionsGroup('Help:')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate analyze dump.pcap                        what happened, worst first',
        'sshfate analyze dump.pcap --session 4            one session in full',
        'sshfate analyze captures/ --fate close-during-kex',
        'sshfate analyze dump.pcap --client 10.1.0.0/16 --since 11:20 --until 11:30',
        'sshfate analyze dump.pcap -f ndjson | jq -c "[.session, .fate, .cause.id]"',
        'sshfate analyze dump.pcap -q --fail-on no-common-kex,any-failure',
        "sshfate analyze dump.pcap -m 'Connection closed by 10.0.0.1 port 22'",
        'tcpdump -i eth0 -s 0 -U -w - tcp port 22 or icmp | sshfate analyze - -f ndjson',
      ]),
    )
    .addHelpText('after', exitCodesHelp())
    .action(async (captures, settings) => {
      const { analyze } = await import('./analyze.ts');
      finish(await analyze(captures, settings, terminal));
    });
}
