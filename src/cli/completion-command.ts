import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { completesWord } from './completion-words.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { helpSection } from './help.ts';
import { oneOf } from './option-values.ts';
import type { Terminal } from './terminal.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function completionCommand(
  terminal: Terminal,
  finish: (code: ExitCode) => void,
  program: CommandUnknownOpts,
) {
  return new Command('completion')
    .summary('print the completion script of a shell')
    .description('Prints a script that completes commands, options, fates and causes.')
    .addArgument(completesWord(new Argument('<shell>', SHELLS.join(', ')), SHELLS))
    .addHelpText(
      'after',
      helpSection('Examples', [
        'bash   source <(sshfate completion bash)           in ~/.bashrc',
        'zsh    source <(sshfate completion zsh)            in ~/.zshrc, below compinit',
        'fish   sshfate completion fish > ~/.config/fish/completions/sshfate.fish',
      ]),
    )
    .action(async (shell) => {
      const { COMPLETION_SCRIPTS } = await import('./completion.ts');
      const script = COMPLETION_SCRIPTS[oneOf(shell, SHELLS, 'shell') as (typeof SHELLS)[number]];
      terminal.stdout.write(script(program));
      finish(EXIT_CODES.done.code);
    });
}
