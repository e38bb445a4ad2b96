import { Option } from '@commander-js/extra-typings';
import { COMPARE_HELP, captureCommand, failOnOption } from './capture-command.ts';
import { completesFiles, completesWord } from './completion-words.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodesHelp, helpSection } from './help.ts';
import { optionValue } from './option-values.ts';
import { INCIDENT_FORMATS, parseFormat } from './report-format.ts';
import type { Terminal } from './terminal.ts';

export function reportCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return captureCommand('report')
    .summary('write a report that can be attached to a ticket')
    .description(
      'Writes what became of the SSH sessions in captures for somebody who was not there: the verdict and the findings, when and to whom it happened, and for each finding its cause, the next steps and one session with the packets that prove it.',
    )
    .option('--compare', COMPARE_HELP)
    .optionsGroup('Output:')
    .addOption(
      completesWord(
        new Option(
          '-f, --format <format>',
          `${INCIDENT_FORMATS.join(', ')} (default: by the ending of --output's file, else markdown)`,
        ).argParser(optionValue('--format', (text) => parseFormat(text, INCIDENT_FORMATS))),
        INCIDENT_FORMATS,
      ),
    )
    .addOption(completesFiles(new Option('-o, --output <file>', 'write there instead of standard output')))
    .option('-q, --quiet', 'no progress')
    .optionsGroup('Result:')
    .addOption(failOnOption())
    .optionsGroup('Help:')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate report dump.pcap -o incident.html      for a browser, a mail or paper',
        'sshfate report dump.pcap -o incident.md        for GitHub, GitLab or Jira',
        'sshfate report captures/ --server 10.0.0.1 --since 11:20 -f text | less',
        'sshfate report dump.pcap -f json | jq .failed',
        'sshfate report client.pcap server.pcap --compare -o incident.html',
      ]),
    )
    .addHelpText('after', exitCodesHelp())
    .action(async (captures, settings) => {
      const { report } = await import('./report.ts');
      finish(await report(captures, settings, terminal));
    });
}
