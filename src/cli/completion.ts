import type { CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { type CompletionWords, completionWords } from './completion-words.ts';

/** Completion scripts made from the program's own commands, options and arguments. */
export const COMPLETION_SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

interface CommandShape {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionShape[];
  readonly argument: CompletionWords | undefined;
}

interface OptionShape {
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly words: CompletionWords | undefined;
}

function shapes(program: CommandUnknownOpts): CommandShape[] {
  return program.commands.map((command) => ({
    name: command.name(),
    summary: command.summary(),
    options: [
      ...optionsOf(command).map((option) => ({
        short: option.short,
        long: option.long ?? '',
        description: option.description,
        takesValue: option.required,
        words: completionWords(option),
      })),
      { short: '-h', long: '--help', description: 'display help', takesValue: false, words: undefined },
    ],
    argument:
      command.commands.length > 0
        ? { words: command.commands.map((each) => each.name()), list: false }
        : command.registeredArguments.map((argument) => completionWords(argument))[0],
  }));
}

/** With those of its own commands, each once: which of these stands on the line is not looked at. */
function optionsOf(command: CommandUnknownOpts): readonly Option[] {
  const all = [command, ...command.commands].flatMap(({ options }) => options);
  return [...new Map(all.map((option) => [option.long, option])).values()];
}

/** For bash 3.2 and later, without the package bash-completion. */
function bashScript(program: CommandUnknownOpts): string {
  const commands = shapes(program);
  const cases = commands.map((command) => {
    const values = command.options
      .filter((option) => option.takesValue)
      .map((option) => {
        const names = [option.short, option.long].filter((name) => name !== undefined).join('|');
        return `      ${names}) ${bashWords(option.words)}; return ;;`;
      });
    return `  ${command.name})
    case $previous in
${values.join('\n')}
    esac
    if [[ $word == -* ]]; then
      COMPREPLY=($(compgen -W "${command.options.map(({ long }) => long).join(' ')}" -- "$word"))
    else
      ${bashWords(command.argument)}
    fi ;;`;
  });
  return `# sshfate completion for bash: source <(sshfate completion bash)
_sshfate_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$word"))
  compopt -o filenames 2>/dev/null
}
_sshfate_words() {
  COMPREPLY=($(compgen -W "$1" -- "$word"))
}
# Words between commas: those before the last comma stay.
_sshfate_list() {
  local before=
  [[ $word == *,* ]] && before=\${word%,*},
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "\${word##*,}"))
}
_sshfate() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} help --help --version" -- "$word"))
    return
  fi
  case $command in
${cases.join('\n')}
  help)
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')}" -- "$word")) ;;
  esac
}
complete -F _sshfate sshfate
`;
}

function bashWords(words: CompletionWords | undefined): string {
  if (words === undefined) return ':';
  if (words === 'files') return '_sshfate_files';
  if (words === 'interfaces') return '_sshfate_words "any $(command ls /sys/class/net 2>/dev/null)"';
  return `${words.list ? '_sshfate_list' : '_sshfate_words'} "${words.words.join(' ')}"`;
}

function zshScript(program: CommandUnknownOpts): string {
  const commands = shapes(program);
  const functions = commands.map((command) => {
    const specs = command.options.map((option) => {
      const value = option.takesValue ? `:${option.long.slice(2)}:${zshWords(option.words)}` : '';
      const help = `[${zshText(option.description)}]`;
      return option.short === undefined
        ? `'${option.long}${help}${value}'`
        : `'(${option.short} ${option.long})'{${option.short},${option.long}}'${help}${value}'`;
    });
    if (command.argument !== undefined) specs.push(`'*:${command.name}:${zshWords(command.argument)}'`);
    return `_sshfate_${command.name}() {
  _arguments -s \\
    ${specs.join(' \\\n    ')}
}`;
  });
  return `#compdef sshfate
# sshfate completion for zsh: source <(sshfate completion zsh), below compinit
${functions.join('\n')}
_sshfate() {
  local -a commands
  commands=(${commands.map(({ name, summary }) => `'${name}:${zshText(summary)}'`).join(' ')} 'help:display help for a command')
  if (( CURRENT == 2 )); then
    _describe command commands
    _arguments '(-h --help)'{-h,--help}'[display help]' '(-V --version)'{-V,--version}'[display the version]'
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  (( $+functions[_sshfate_$command] )) && _sshfate_$command
}
# As a file in fpath the first call defines and completes; sourced, it registers.
if [ "$funcstack[1]" = _sshfate ]; then _sshfate "$@"; else compdef _sshfate sshfate; fi
`;
}

function zshWords(words: CompletionWords | undefined): string {
  if (words === undefined) return ' ';
  if (words === 'files') return '_files';
  if (words === 'interfaces') return '_net_interfaces';
  return words.list ? `_sequence compadd - ${words.words.join(' ')}` : `(${words.words.join(' ')})`;
}

/** Text inside a single-quoted zsh specification. */
function zshText(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");
}

function fishScript(program: CommandUnknownOpts): string {
  const commands = shapes(program);
  const names = commands.map(({ name }) => name).join(' ');
  const lines = [
    '# sshfate completion for fish: sshfate completion fish > ~/.config/fish/completions/sshfate.fish',
    `set -l commands ${names}`,
    // Words between commas: those before the last comma stay.
    `function __sshfate_list
    set -l before (string match -r '.*,' -- (commandline -ct))
    for word in $argv
        echo "$before$word"
    end
end`,
    'complete -c sshfate -f',
    `complete -c sshfate -n "not __fish_seen_subcommand_from $commands" -s h -l help -d 'display help'`,
    `complete -c sshfate -n "not __fish_seen_subcommand_from $commands" -s V -l version -d 'display the version'`,
    ...commands.map(
      ({ name, summary }) =>
        `complete -c sshfate -n "not __fish_seen_subcommand_from $commands" -a ${name} -d ${fishText(summary)}`,
    ),
  ];
  for (const { name, options, argument } of commands) {
    const condition = `complete -c sshfate -n "__fish_seen_subcommand_from ${name}"`;
    for (const { short, long, description, takesValue, words } of options) {
      const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
      lines.push(
        `${condition}${letter} -l ${long.slice(2)}${takesValue ? ` -x${fishWords(words)}` : ''} -d ${fishText(description)}`,
      );
    }
    if (argument === 'files') lines.push(`${condition} -F`);
    else if (argument === 'interfaces') lines.push(`${condition} -a 'any (__fish_print_interfaces)'`);
    else if (argument !== undefined) lines.push(`${condition} -a '${argument.words.join(' ')}'`);
  }
  return `${lines.join('\n')}\n`;
}

function fishWords(words: CompletionWords | undefined): string {
  if (words === undefined) return '';
  if (words === 'files') return " -a '(__fish_complete_path)'";
  if (words === 'interfaces') return " -a 'any (__fish_print_interfaces)'";
  const joined = words.words.join(' ');
  return words.list ? ` -a '(__sshfate_list ${joined})'` : ` -a '${joined}'`;
}

function fishText(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
