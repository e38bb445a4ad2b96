import { Option } from '@commander-js/extra-typings';
import { COMPARE_HELP, captureCommand } from './capture-command.ts';
import { completesFiles, completesList, completesWord } from './completion-words.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodesHelp, helpSection } from './help.ts';
import { optionValue, parseDuration } from './option-values.ts';
import type { Terminal } from './terminal.ts';
import {
  ATTACHMENT_KINDS,
  CREDENTIAL_LINES,
  parseAttach,
  parseFindingIds,
  parseSize,
  parseSystem,
  TICKET_SYSTEM_IDS,
} from './ticket-options.ts';

export function ticketCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return captureCommand('ticket')
    .summary('put the findings on a ticket')
    .description(
      'Judges captures, and puts the findings on a ticket: one comment, the report and the evidence. Run again, it changes its own comment where the system allows that, and attaches nothing twice.',
    )
    .option('--compare', COMPARE_HELP)
    .optionsGroup('Where to:')
    .addOption(
      completesWord(
        new Option('--to <system>', TICKET_SYSTEM_IDS.join(', '))
          .makeOptionMandatory()
          .argParser(optionValue('--to', parseSystem)),
        TICKET_SYSTEM_IDS,
      ),
    )
    .option('--ticket <id>', 'as the system calls it: 1234, OPS-123, owner/repository#12, INC0010001 …')
    .option('--create', 'open a new ticket, or find the one that an earlier run opened for the same captures')
    .option('--project <name>', '--create: in this project, queue (RT), repository or service (PagerDuty)')
    .option(
      '--type <name>',
      "Jira's type of a new issue (default: Task); ServiceNow's table (default: incident)",
    )
    .option('--url <address>', 'of the system (also SSHFATE_…_URL)')
    .option('--allow-http', 'http to another machine, where everybody on the way can read the credential')
    .option('--from <mail-address>', "PagerDuty: of the user in whose name it is, with an account's key")
    .optionsGroup('Credential (else from SSHFATE_…_CREDENTIALS; never on the command line):')
    .addOption(
      completesFiles(
        new Option('--credentials-file <file>', 'one line, a token or USER:PASSWORD; with mode 0600'),
      ),
    )
    .option('--credentials-command <command>', 'prints that line; it is run without a shell')
    .optionsGroup('What:')
    .addOption(
      new Option('--finding <ids>', 'only these findings (default: all)').argParser(
        optionValue('--finding', parseFindingIds),
      ),
    )
    .addOption(
      completesList(
        new Option('--attach <files>', `${ATTACHMENT_KINDS.join(', ')}, or none (default: all)`).argParser(
          optionValue('--attach', parseAttach),
        ),
        [...ATTACHMENT_KINDS, 'none'],
      ),
    )
    .addOption(
      new Option(
        '--max-attachment <size>',
        'of one file, e.g. 20MB, where the system takes another size than usual',
      ).argParser(optionValue('--max-attachment', parseSize)),
    )
    .option('--strip-payload', 'cut off in the evidence what stands behind NEWKEYS; the verdict stays')
    .option('--dry-run', 'print what would be sent, and send nothing')
    .addOption(
      new Option('--timeout <time>', 'for all of it together (default: 5m)').argParser(
        optionValue('--timeout', parseDuration),
      ),
    )
    .option('-q, --quiet', 'no progress')
    .optionsGroup('Help:')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate ticket dump.pcap --to rt --url https://rt.example.org --ticket 1234',
        'sshfate ticket dump.pcap --to github --ticket owner/repository#12',
        'sshfate ticket client.pcap server.pcap --compare --to redmine --ticket 12',
        'sshfate ticket dump.pcap --to jira-cloud --url https://example.atlassian.net \\',
        "  --create --project OPS --credentials-command 'pass show jira' --dry-run",
      ]),
    )
    .addHelpText('after', helpSection('Environment', CREDENTIAL_LINES))
    .addHelpText('after', exitCodesHelp())
    .action(async (captures, settings) => {
      const { ticket } = await import('./ticket.ts');
      finish(await ticket(captures, settings, terminal));
    });
}
