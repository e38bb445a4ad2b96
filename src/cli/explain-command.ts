import { Argument, Command } from '@commander-js/extra-typings';
import { ENDINGS, FATES, STAGES } from '../fate/vocabulary.ts';
import { CERTAINTY_WORDS } from './certainty-words.ts';
import { completesWord } from './completion-words.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { helpSection } from './help.ts';
import { clientVersionOption, messageOption, readMessage } from './message-option.ts';
import { CAUSE_IDS, JOINT_CAUSE_IDS, PATTERN_IDS } from './option-values.ts';
import type { Terminal } from './terminal.ts';

export function explainCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('explain')
    .summary('say what a fate, cause, pattern, stage or ending means')
    .description(
      'Says what a word means, from the same tables that judge. Without a word: the table of fates, and all words.',
    )
    .addArgument(
      completesWord(
        new Argument(
          '[word]',
          "a fate, a cause, a pattern, a stage, an ending, a word of certainty, or 'exit-codes'",
        ),
        [
          ...[...FATES, ...CAUSE_IDS, ...JOINT_CAUSE_IDS, ...PATTERN_IDS, ...STAGES, ...ENDINGS],
          ...[...CERTAINTY_WORDS, 'exit-codes'],
        ],
      ),
    )
    .addOption(
      messageOption(
        "the fates that fit what a client printed (one line, or all of them, also of -v), and what tells them apart; '-' reads it from standard input",
      ),
    )
    .addOption(clientVersionOption())
    .option('--no-color', 'no colours')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate explain',
        'sshfate explain close-during-kex',
        'sshfate explain no-common-kex',
        "sshfate explain -m 'Connection closed by 10.0.0.1 port 22'",
        'ssh -v example.org true 2>&1 | sshfate explain -m -',
      ]),
    )
    .action(async (word, { color, message, clientVersion }) => {
      const { explain, explainMessage } = await import('./explain.ts');
      if (message === undefined && clientVersion !== undefined) {
        throw new UsageError('--client-version goes with --message.');
      }
      if (message === undefined) explain(word, color, terminal);
      else if (word !== undefined) throw new UsageError('Give a word or a message, not both.');
      else explainMessage(readMessage(message, clientVersion, terminal), color, terminal);
      finish(EXIT_CODES.done.code);
    });
}
