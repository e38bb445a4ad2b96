import { Command, Option } from '@commander-js/extra-typings';
import { completesFiles } from './completion-words.ts';
import { UsageError } from './errors.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodesHelp, helpSection } from './help.ts';
import { parseListenAddress, parseSize, parseWebAddress } from './live-option-values.ts';
import { optionValue, parseDuration } from './option-values.ts';
import type { Terminal } from './terminal.ts';

const DEFAULT_MAX_UPLOAD = 2 * 1024 ** 3;

export function dataOption() {
  return completesFiles(
    new Option(
      '--data <folder>',
      'where uploads and verdicts are kept (default: ~/.local/state/sshfate/serve)',
    ),
  );
}

export function serveCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('serve')
    .summary('a page on which captures are dropped, judged and shared')
    .description(
      'Serves a page and an HTTP interface that take captures, judge them, and keep both. On the loopback address anybody on this machine may use it; on another address a token is demanded (sshfate token create).',
    )
    .addOption(
      new Option('-l, --listen <address>', 'address and port')
        .default({ host: '127.0.0.1', port: 8422 }, '127.0.0.1:8422')
        .argParser(optionValue('--listen', parseListenAddress)),
    )
    .addOption(dataOption())
    .addOption(
      new Option('--host-name <names>', 'names by which others call it, e.g. of a proxy before it').argParser(
        (text: string) => text.split(',').map((name) => name.trim()),
      ),
    )
    .addOption(
      new Option(
        '--ticket-url <addresses>',
        'ticket systems to which findings may be sent (default: any, where no token is demanded)',
      ).argParser(
        optionValue('--ticket-url', (text) =>
          text.split(',').map((address) => parseWebAddress(address.trim())),
        ),
      ),
    )
    .optionsGroup('Limits:')
    .addOption(
      new Option('--max-upload <size>', 'the largest file that is taken')
        .default(DEFAULT_MAX_UPLOAD, '2G')
        .argParser(optionValue('--max-upload', parseSize)),
    )
    .addOption(
      new Option(
        '--quota <size>',
        'what the uploads of one token may take together (default: no limit)',
      ).argParser(optionValue('--quota', parseSize)),
    )
    .addOption(
      new Option(
        '--workers <number>',
        'analyses at the same time (default: all processor cores but one)',
      ).argParser(optionValue('--workers', parseWorkers)),
    )
    .addOption(
      new Option('--time-limit <time>', 'the longest that one analysis may take (default: 30m)').argParser(
        optionValue('--time-limit', parseDuration),
      ),
    )
    .addOption(
      new Option('--keep <time>', 'delete captures that are older, e.g. 720h (default: never)').argParser(
        optionValue('--keep', parseDuration),
      ),
    )
    .addOption(
      new Option(
        '--keep-size <size>',
        'delete the oldest when all take more, e.g. 100G (default: never)',
      ).argParser(optionValue('--keep-size', parseSize)),
    )
    .option('-q, --quiet', 'only warnings and errors on standard error')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate serve',
        "curl --data-binary @a.pcap 'localhost:8422/api/v1/captures?name=a.pcap'",
        'sshfate token create anna --role admin',
        'sshfate serve --listen 192.0.2.7:8422',
      ]),
    )
    .addHelpText('after', exitCodesHelp())
    .action(async (options) => {
      const { serve } = await import('./serve.ts');
      finish(await serve(options, terminal));
    });
}

function parseWorkers(text: string): number {
  if (!/^[1-9]\d?$/.test(text))
    throw new UsageError(`'${text}' is no number of workers. Give one from 1 to 99.`);
  return Number(text);
}
