import { Argument, Command, Option } from '@commander-js/extra-typings';
import { FATES } from '../fate/vocabulary.ts';
import { completesFiles, completesList } from './completion-words.ts';
import {
  ANY_FAILURE,
  CAUSE_IDS,
  optionValue,
  parseCauses,
  parseDuration,
  parseEndpoints,
  parseFailOn,
  parseFates,
  parseMoment,
  parsePorts,
  parseSessionNumber,
} from './option-values.ts';

/** A command that judges captures: which captures, what is a session in them, and which sessions count. */
export function captureCommand(name: string) {
  return new Command(name)
    .addArgument(completesFiles(new Argument('<capture...>', 'files, folders, or - for standard input')))
    .optionsGroup('What is a session:')
    .addOption(
      new Option('-p, --port <ports>', 'ports on which every connection is one (default: 22)').argParser(
        optionValue('--port', parsePorts),
      ),
    )
    .option('--any-port', 'also connections on other ports on which SSH shows up')
    .addOption(
      new Option(
        '--silence <time>',
        'an answer awaited longer than this in capture time never came, e.g. 15s or 500ms (default: 15s)',
      ).argParser(optionValue('--silence', parseDuration)),
    )
    .optionsGroup('Which sessions are reported (all that are given must hold):')
    .addOption(
      completesList(
        new Option('--fate <fates>', "with one of these fates; 'sshfate explain' lists them").argParser(
          optionValue('--fate', parseFates),
        ),
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
      new Option(
        '--client <addresses>',
        'from one of these, e.g. 10.0.0.0/8 or 10.0.0.1:43210 or 2001:db8::/32',
      ).argParser(optionValue('--client', parseEndpoints)),
    )
    .addOption(
      new Option('--server <addresses>', 'to one of these, e.g. 10.0.0.1:22 or [2001:db8::1]:22').argParser(
        optionValue('--server', parseEndpoints),
      ),
    )
    .addOption(
      new Option(
        '--since <time>',
        'that had not ended before: 2026-11-23T11:26:46Z, 11:26 (UTC, on the first day), or +90s (after the first packet)',
      ).argParser(optionValue('--since', parseMoment)),
    )
    .addOption(
      new Option('--until <time>', 'that had begun by then').argParser(optionValue('--until', parseMoment)),
    )
    .addOption(
      new Option('-s, --session <number>', 'the one with this number').argParser(
        optionValue('--session', parseSessionNumber),
      ),
    );
}

/** `--compare` of a report and a ticket. */
export const COMPARE_HELP =
  'the captures are of the same sessions, from several places: say beside each finding where it broke, by all of them together';

/** `--fail-on`. */
export function failOnOption() {
  return completesList(
    new Option(
      '--fail-on <words>',
      `exit with 1 when a reported session has one of these fates or causes, or '${ANY_FAILURE}'`,
    ).argParser(optionValue('--fail-on', parseFailOn)),
    [ANY_FAILURE, ...FATES, ...CAUSE_IDS],
  );
}
