import { Argument, Command, Option } from '@commander-js/extra-typings';
import { completesFiles } from './completion-words.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodesHelp, helpSection } from './help.ts';
import {
  optionValue,
  parseDuration,
  parseFindingId,
  parsePorts,
  parseSessionNumbers,
  parseSize,
} from './option-values.ts';
import type { Terminal } from './terminal.ts';

const parseSessions = optionValue('--session', parseSessionNumbers);

export function extractCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('extract')
    .summary('take the packets of chosen sessions out of a capture, with the verdict')
    .description(
      'Writes a pcapng that opens in Wireshark at the right place: the packets of the sessions, and of others where the verdict rests on them; comments on the decisive packets; the verdict as the comment of the file. An analysis of it tells the same as one of the capture.',
    )
    .addArgument(completesFiles(new Argument('<capture>', 'a file, or - for standard input')))
    .optionsGroup('What is taken out:')
    .addOption(
      new Option(
        '-s, --session <numbers>',
        "sessions as 'sshfate analyze' numbers them, as in 4 or 4,7; may be given several times",
      ).argParser((text: string, before?: readonly number[]) => [...(before ?? []), ...parseSessions(text)]),
    )
    .addOption(
      new Option('--finding <id>', 'the sessions of a finding, by its id in the JSON of analyze').argParser(
        optionValue('--finding', parseFindingId),
      ),
    )
    .addOption(
      completesFiles(
        new Option('-o, --output <file>', 'write there; - is standard output').makeOptionMandatory(),
      ),
    )
    .optionsGroup('What is not passed on:')
    .option('--strip-payload', 'cut off what stands behind NEWKEYS; sizes stay, and with them the verdict')
    .option(
      '--anonymize',
      'other addresses (Crypto-PAn: prefixes stay prefixes) and host keys, no MAC addresses and names',
    )
    .addOption(
      completesFiles(
        new Option(
          '--key-file <file>',
          'the key of --anonymize; made where it does not exist. The same key gives the same addresses (default: SSHFATE_KEY, or a new key that is not kept)',
        ),
      ),
    )
    .addOption(
      new Option('--max-size <size>', 'as in 10M: what is missed least is left out, and said').argParser(
        optionValue('--max-size', parseSize),
      ),
    )
    .optionsGroup('What is a session (as it was analysed):')
    .addOption(
      new Option('-p, --port <ports>', 'ports on which every connection is one (default: 22)').argParser(
        optionValue('--port', parsePorts),
      ),
    )
    .option('--any-port', 'also connections on other ports on which SSH shows up')
    .addOption(
      new Option(
        '--silence <time>',
        'an answer awaited longer than this never came (default: 15s)',
      ).argParser(optionValue('--silence', parseDuration)),
    )
    .optionsGroup('Other:')
    .option('-q, --quiet', 'no progress, and no word when all is well')
    .optionsGroup('Help:')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate extract dump.pcap --session 4 -o evidence.pcapng',
        'sshfate extract dump.pcap --finding 3f2a9c01be --max-size 10M -o part.pcapng',
        'sshfate extract dump.pcap -s 4 --anonymize --key-file team.key \\',
        '  --strip-payload -o public.pcapng',
        'sshfate extract dump.pcap -s 4 -o - |',
        '  tshark -r - -T fields -e frame.packet_id -e frame.comment',
      ]),
    )
    .addHelpText('after', exitCodesHelp())
    .action(async (capture, settings) => {
      const { extract } = await import('./extract.ts');
      finish(await extract(capture, settings, terminal));
    });
}
