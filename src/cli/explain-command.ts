import { Argument, Command } from '@commander-js/extra-typings';
import { ENDINGS, FATES, STAGES } from '../fate/vocabulary.ts';
import { completesWord } from './completion-words.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { helpSection } from './help.ts';
import { CAUSE_IDS } from './option-values.ts';
import type { Terminal } from './terminal.ts';

export function explainCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('explain')
    .summary('say what a fate, cause, stage or ending means')
    .description(
      'Says what a word means, from the same tables that judge. Without a word: the table of fates, and all words.',
    )
    .addArgument(
      completesWord(new Argument('[word]', "a fate, a cause, a stage, an ending, or 'exit-codes'"), [
        ...FATES,
        ...CAUSE_IDS,
        ...STAGES,
        ...ENDINGS,
        'exit-codes',
      ]),
    )
    .option('--no-color', 'no colours')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate explain',
        'sshfate explain close-during-kex',
        'sshfate explain no-common-kex',
      ]),
    )
    .action(async (word, { color }) => {
      const { explain } = await import('./explain.ts');
      explain(word, color, terminal);
      finish(EXIT_CODES.done.code);
    });
}
