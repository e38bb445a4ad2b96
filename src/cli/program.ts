import { Command, type CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { analyzeCommand } from './analyze-command.ts';
import { backupCommand } from './backup-command.ts';
import { compareCommand } from './compare-command.ts';
import { completionCommand } from './completion-command.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { explainCommand } from './explain-command.ts';
import { extractCommand } from './extract-command.ts';
import { exitCodesHelp, helpSection } from './help.ts';
import { interfacesCommand } from './interfaces-command.ts';
import { liveCommand } from './live-command.ts';
import { didYouMean } from './near-miss.ts';
import { reportCommand } from './report-command.ts';
import { serveCommand } from './serve-command.ts';
import type { Terminal } from './terminal.ts';
import { ticketCommand } from './ticket-command.ts';
import { tokenCommand } from './token-command.ts';
import { uploadCommand } from './upload-command.ts';
import { version } from './version.ts';

/** Runs the command line and gives the exit code. */
export async function run(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT_CODES.done.code;
  const program = createProgram(terminal, (result) => {
    code = result;
  });
  try {
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    code = failure(error, terminal, words);
  }
  try {
    terminal.stdout.end();
  } catch (error) {
    code = failure(error, terminal, words);
  }
  return code;
}

export function createProgram(terminal: Terminal, finish: (code: ExitCode) => void) {
  const program = new Command('sshfate')
    .description(
      'Says what became of each SSH session in a capture: who ended it, why, and what to do now. Reads what tcpdump, dumpcap and Wireshark write; needs no keys.',
    )
    .version(version(), '-V, --version', 'display the version')
    .helpOption('-h, --help', 'display help')
    .helpCommand('help [command]', 'display help for a command')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate analyze dump.pcap',
        'sshfate analyze dump.pcap --session 4',
        'tcpdump -i eth0 -s 0 -U -w - tcp port 22 or icmp | sshfate analyze -',
        'sshfate compare client.pcap server.pcap',
        'sshfate explain close-during-kex',
      ]),
    )
    .addHelpText('after', exitCodesHelp());
  // Commands inherit these only when they are added after them.
  const commands = [
    analyzeCommand(terminal, finish),
    liveCommand(terminal, finish),
    reportCommand(terminal, finish),
    ticketCommand(terminal, finish),
    extractCommand(terminal, finish),
    compareCommand(terminal, finish),
    serveCommand(terminal, finish),
    tokenCommand(terminal, finish),
    backupCommand(terminal, finish),
    uploadCommand(terminal, finish),
    explainCommand(terminal, finish),
    interfacesCommand(terminal, finish),
  ];
  for (const command of commands) program.addCommand(command);
  program.addCommand(completionCommand(terminal, finish, program));
  for (const command of withSubcommands(program)) {
    command
      .configureHelp({ minWidthToWrap: MINIMUM_WIDTH_TO_WRAP })
      .configureOutput({
        writeOut: (text) => terminal.stdout.write(text),
        // Errors are thrown and said once, in `failure`.
        writeErr: () => {},
        outputError: () => {},
        getOutHelpWidth: () => terminal.columns,
        getOutHasColors: () => false,
      })
      .exitOverride((error) => {
        throw new CommandFailure(command, error);
      })
      .helpOption('-h, --help', 'display help');
  }
  return program;
}

/** The help of a narrow terminal is broken into lines, too. */
const MINIMUM_WIDTH_TO_WRAP = 20;

function withSubcommands(command: CommandUnknownOpts): readonly CommandUnknownOpts[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** What the parser has to say, and of which command. */
class CommandFailure extends Error {
  readonly command: CommandUnknownOpts;
  readonly reason: CommanderError;

  constructor(command: CommandUnknownOpts, reason: CommanderError) {
    super(reason.message);
    this.command = command;
    this.reason = reason;
  }
}

function failure(error: unknown, terminal: Terminal, words: readonly string[]): ExitCode {
  if (error instanceof CommandFailure) {
    if (error.reason.exitCode === 0) return EXIT_CODES.done.code;
    terminal.say(`${wrongUsage(error, words)} '${fullName(error.command)} --help' shows how.`);
    return EXIT_CODES.usage.code;
  }
  if (error instanceof UsageError) {
    terminal.say(error.message);
    return EXIT_CODES.usage.code;
  }
  throw error;
}

function wrongUsage({ command, reason }: CommandFailure, words: readonly string[]): string {
  if (reason.code === 'commander.help') {
    const names = command.commands.map((each) => each.name());
    // Of a program without a word the help is shown before: what is left is 'help' with a word that is none.
    if (command.parent === null) return `Unknown command '${words[1]}'.${didYouMean(words[1] ?? '', names)}`;
    return `'${fullName(command)}' needs one of its commands: ${names.join(', ')}.`;
  }
  const text = reason.message
    .replace(/^error: /, '')
    .replace(/\s*\n\((Did you mean .*\?)\)$/, '. $1')
    .replace(/\s*\n\s*/g, ' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`;
}

function fullName(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
