import { Argument, Command, Option } from '@commander-js/extra-typings';
import type { Tokens } from '../store/tokens.ts';
import { completesWord } from './completion-words.ts';
import { UsageError } from './errors.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { helpSection } from './help.ts';
import { oneOf, optionValue } from './option-values.ts';
import { dataOption } from './serve-command.ts';
import type { Terminal } from './terminal.ts';

const ROLES = ['read', 'upload', 'admin'] as const;

/** The tokens that `sshfate serve` lets in; it may run meanwhile. */
export function tokenCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('token')
    .summary("who may use 'sshfate serve'")
    .description(
      "Makes, lists and revokes the tokens that 'sshfate serve' demands. With the first one nobody gets in without; start the service again after it.",
    )
    .addCommand(createCommand(terminal, finish))
    .addCommand(listCommand(terminal, finish))
    .addCommand(revokeCommand(terminal, finish))
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate token create anna --role upload',
        'sshfate token revoke 3f9c1e77ab02',
      ]),
    );
}

function createCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('create')
    .summary('make a token and print its secret, this once')
    .addArgument(new Argument('<name>', 'whom it is for'))
    .addOption(
      completesWord(
        new Option('--role <role>', 'upload (sees its own), read (sees all) or admin')
          .default('upload' as (typeof ROLES)[number])
          .argParser(optionValue('--role', (text) => oneOf(text, ROLES, 'role') as (typeof ROLES)[number])),
        ROLES,
      ),
    )
    .addOption(dataOption())
    .action(async (name, { role, data }) => {
      const { token, secret } = await withTokens(data, terminal, (tokens) => tokens.create(name, role));
      terminal.stdout.write(`${secret}\n`);
      terminal.say(
        `Token ${token.id} for ${name}, role ${role}. It is shown this once, and only its hash is kept.`,
      );
      finish(EXIT_CODES.done.code);
    });
}

function listCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('list')
    .summary('list the tokens, without their secrets')
    .addOption(dataOption())
    .action(async ({ data }) => {
      const { visible } = await import('../report/escape.ts');
      const tokens = (await withKeptTokens(data, terminal, (all) => all.list())) ?? [];
      if (tokens.length === 0) {
        terminal.say("There is no token. 'sshfate token create NAME' makes one.");
      }
      for (const { id, name, role, createdAt, revokedAt } of tokens) {
        const state = revokedAt === undefined ? '' : `, revoked ${revokedAt.slice(0, 10)}`;
        terminal.stdout.write(
          `${id}  ${role.padEnd(6)}  ${createdAt.slice(0, 10)}  ${visible(name)}${state}\n`,
        );
      }
      finish(EXIT_CODES.done.code);
    });
}

function revokeCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('revoke')
    .summary('let a token in no more, at once')
    .addArgument(new Argument('<id>', "as 'sshfate token list' shows it"))
    .addOption(dataOption())
    .action(async (id, { data }) => {
      if (!(await withKeptTokens(data, terminal, (tokens) => tokens.revoke(id)))) {
        throw new UsageError(`There is no token ${id}. 'sshfate token list' has them.`);
      }
      finish(EXIT_CODES.done.code);
    });
}

/** Undefined where nothing is kept: to look makes no folder. */
async function withKeptTokens<T>(
  data: string | undefined,
  terminal: Terminal,
  use: (tokens: Tokens) => T,
): Promise<T | undefined> {
  const { dataFolder } = await import('./serve.ts');
  const { isData } = await import('../store/store.ts');
  return isData(dataFolder(data, terminal)) ? withTokens(data, terminal, use) : undefined;
}

async function withTokens<T>(
  data: string | undefined,
  terminal: Terminal,
  use: (tokens: Tokens) => T,
): Promise<T> {
  const { asUsage, dataFolder } = await import('./serve.ts');
  const { openTokens } = await import('../store/store.ts');
  const opened = asUsage(() => openTokens(dataFolder(data, terminal)));
  try {
    return use(opened.tokens);
  } finally {
    opened.close();
  }
}
