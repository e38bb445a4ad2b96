import { Argument, Command, Option } from '@commander-js/extra-typings';
import { FATES } from '../fate/vocabulary.ts';
import type { Via } from '../live/packet-source.ts';
import { completesFiles, completesInterfaces, completesList, completesWord } from './completion-words.ts';
import type { ExitCode } from './exit-codes.ts';
import { exitCodesHelp, helpSection } from './help.ts';
import { parseListenAddress, parseSize, parseWebAddress } from './live-option-values.ts';
import {
  CAUSE_IDS,
  oneOf,
  optionValue,
  parseCauses,
  parseDuration,
  parseEndpoints,
  parseFates,
  parsePorts,
} from './option-values.ts';
import type { Terminal } from './terminal.ts';

const VIAS = ['tcpdump', 'cap'] as const;
const LIVE_FORMATS = ['screen', 'lines', 'ndjson'] as const;
export type LiveFormat = (typeof LIVE_FORMATS)[number];

export function liveCommand(terminal: Terminal, finish: (code: ExitCode) => void) {
  return new Command('live')
    .summary('watch interfaces, and say what becomes of each SSH session')
    .description(
      "Captures from network interfaces and judges SSH sessions while they end. A verdict comes within a second of the packet that decides it; where later packets change it, another one follows. 'sshfate interfaces' lists what can be watched; any is all of them.",
    )
    .addArgument(
      completesInterfaces(new Argument('<interface...>', 'interfaces to watch, e.g. eth0, or any')),
    )
    .optionsGroup('What is captured:')
    .addOption(
      completesWord(
        new Option(
          '--via <program>',
          'tcpdump (kernel time stamps, counts what it loses) or cap (the npm package; neither) (default: tcpdump where it is installed)',
        ).argParser(optionValue('--via', (text) => oneOf(text, VIAS, 'program') as Via)),
        VIAS,
      ),
    )
    .addOption(
      new Option(
        '-p, --port <ports>',
        'ports on which every connection is a session (default: 22)',
      ).argParser(optionValue('--port', parsePorts)),
    )
    .option('--any-port', 'also connections on other ports on which SSH shows up: all TCP is captured')
    .option('--tunnels', 'also what is in GRE, ERSPAN, IP-in-IP, VXLAN and GENEVE: all of it is captured')
    .option('--filter <expression>', "only these connections, as in pcap-filter(7), e.g. 'host 10.0.0.1'")
    .option('--no-promiscuous', "only what is meant for this machine (tcpdump's -p)")
    .addOption(
      new Option(
        '--silence <time>',
        'an answer awaited longer than this never came, e.g. 15s or 500ms (default: 15s)',
      ).argParser(optionValue('--silence', parseDuration)),
    )
    .addOption(
      new Option('--for <time>', 'stop after this time, e.g. 10m').argParser(
        optionValue('--for', parseDuration),
      ),
    )
    .optionsGroup('Which verdicts are shown (all that are given must hold):')
    .addOption(
      completesList(
        new Option('--fate <fates>', 'with one of these fates').argParser(optionValue('--fate', parseFates)),
        FATES,
      ),
    )
    .addOption(
      completesList(
        new Option('--cause <causes>', 'with one of these as the likeliest cause').argParser(
          optionValue('--cause', parseCauses),
        ),
        CAUSE_IDS,
      ),
    )
    .addOption(
      new Option('--client <addresses>', 'from one of these, e.g. 10.0.0.0/8').argParser(
        optionValue('--client', parseEndpoints),
      ),
    )
    .addOption(
      new Option('--server <addresses>', 'to one of these, e.g. 10.0.0.1:22').argParser(
        optionValue('--server', parseEndpoints),
      ),
    )
    .optionsGroup('Output:')
    .addOption(
      completesWord(
        new Option(
          '-f, --format <format>',
          `${LIVE_FORMATS.join(', ')} (default: screen on a terminal, else lines)`,
        ).argParser(optionValue('--format', (text) => oneOf(text, LIVE_FORMATS, 'format') as LiveFormat)),
        LIVE_FORMATS,
      ),
    )
    .addOption(completesFiles(new Option('-o, --output <file>', 'write there instead of standard output')))
    .option('--no-color', 'no colours (also NO_COLOR; FORCE_COLOR for colours in a pipe)')
    .option('-q, --quiet', 'lines, ndjson: no notices of findings')
    .optionsGroup('Evidence, metrics, alerts:')
    .addOption(completesFiles(new Option('--write <folder>', 'keep the packets there, in pcapng files')))
    .addOption(
      new Option('--write-size <size>', 'begin a new file at this size')
        .default(100e6, '100M')
        .argParser(optionValue('--write-size', parseSize)),
    )
    .addOption(
      new Option('--write-every <time>', 'begin a new file after this time')
        .default(3_600_000, '1h')
        .argParser(optionValue('--write-every', parseDuration)),
    )
    .addOption(
      new Option('--write-limit <size>', 'delete the oldest files above this size in all')
        .default(1e9, '1G')
        .argParser(optionValue('--write-limit', parseSize)),
    )
    .option('--write-only-failed', 'keep only packets of sessions that ended badly')
    .addOption(
      new Option('--metrics <address>', 'serve Prometheus metrics there, e.g. 127.0.0.1:9108').argParser(
        optionValue('--metrics', parseListenAddress),
      ),
    )
    .addOption(
      new Option(
        '--webhook <url>',
        'post findings there when they open, grow and end; a bearer token is taken from SSHFATE_WEBHOOK_TOKEN or --webhook-token-file',
      ).argParser(optionValue('--webhook', parseWebAddress)),
    )
    .addOption(
      completesFiles(
        new Option(
          '--webhook-token-file <file>',
          'a file, readable by its owner only, with the bearer token',
        ),
      ),
    )
    .addOption(
      completesFiles(
        new Option(
          '--webhook-queue <folder>',
          'where findings wait until they are delivered (default: $STATE_DIRECTORY/webhook or ~/.local/state/sshfate/webhook)',
        ),
      ),
    )
    .option('--webhook-allow-http', 'also without encryption to other machines')
    .optionsGroup('Help:')
    .addHelpText(
      'after',
      helpSection('Examples', [
        'sshfate live eth0                       a view that is kept up to date',
        'sshfate live any -f ndjson | jq -c "[.fate, .cause.id]"',
        'sshfate live eth0 eth1 --port 22,2222 --fate no-syn-ack,rst-after-syn',
        'sshfate live eth0 --write /var/lib/sshfate --write-only-failed',
        'sshfate live eth0 -f lines --metrics 127.0.0.1:9108',
        'sudo tcpdump -i eth0 -U -w - tcp port 22 or icmp | sshfate analyze - -f ndjson',
      ]),
    )
    .addHelpText('after', exitCodesHelp())
    .action(async (interfaces, settings) => {
      const { live } = await import('./live.ts');
      finish(await live(interfaces, settings, terminal));
    });
}
