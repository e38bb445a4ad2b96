import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { type Command, type Measurement, measure, measureInTurns, measuresMemory } from './measure.ts';
import { capture, FLOOD_SYNS, sizeMb } from './shapes.ts';

/** A line of the table: a command on a capture, and what is expected of it. */
interface Row extends Command {
  readonly shape: Shape;
  /** Megabytes that it reads; absent for the start-up rows. */
  readonly inputMb?: number;
  /** Slow commands run fewer times. */
  readonly slow?: boolean;
  readonly targets?: readonly Target[];
}

type Target =
  | { readonly atLeast: number; readonly timesFasterThan: string }
  | { readonly atMost: number; readonly timesTheTimeOf: string; readonly plusSeconds?: number }
  | { readonly secondsBelow: number }
  | { readonly outputBelowMb: number }
  | { readonly peakBelowMb: number };

const SHAPES = ['attack', 'report', 'pair', 'transfer', 'flood', 'start'] as const;
type Shape = (typeof SHAPES)[number];

/** More than captures, summary and findings of a report take. */
const TAIL_BYTES = 8_000_000;

const SSHFATE = join(import.meta.dirname, '..', 'bin', 'sshfate.js');
const PCAP_PARSER = join(import.meta.dirname, 'read-with-pcap-parser.js');
const built = existsSync(join(import.meta.dirname, '..', 'dist', 'src', 'cli', 'main.js'));

function run(shapes: readonly Shape[], rounds: number): void {
  if (!built) console.error('sshfate is not built (npm run build): measuring the others only');
  if (!measuresMemory) console.error('no peak memory without GNU time (package "time")');
  const results: [Row, Measurement][] = [];
  for (const shape of shapes) {
    const rows = rowsOf[shape]().filter((row) => isInstalled(row));
    for (const path of new Set(rows.flatMap((row) => row.argv.filter((word) => word.endsWith('.pcap'))))) {
      // Everybody reads from the page cache, so that the disk is not what is compared.
      measure(reading(shape, path));
    }
    console.error(`measuring ${shape}`);
    const measured = measureInTurns(rows, (row) =>
      shape === 'start' ? rounds * 5 : (row as Row).slow ? Math.min(rounds, 2) : rounds,
    );
    results.push(
      ...rows.flatMap((row): [Row, Measurement][] => {
        const m = measured.get(row);
        return m ? [[row, m]] : [];
      }),
    );
  }
  console.log(table(results));
  if (built && shapes.includes('flood')) checkFloodIsComplete();
}

const rowsOf: Record<Shape, () => Row[]> = {
  attack: () => {
    const path = capture('attack');
    const tenth = capture('attack-tenth');
    return [
      reading('attack', path),
      {
        ...row('attack', 'tshark', tenth, [
          'tshark',
          ...['-r', tenth, '-Y', 'ssh', '-T', 'fields'],
          ...['-e', 'tcp.stream', '-e', '_ws.col.Protocol', '-e', 'ssh.message_code'],
        ]),
        slow: true,
      },
      row('attack', 'tcptrace', path, ['tcptrace', '-n', path]),
      row('attack', 'pcap-parser', path, ['node', PCAP_PARSER, path]),
      row(
        'attack',
        'sshfate, table',
        path,
        ['node', SSHFATE, 'analyze', path],
        [
          { atLeast: 100, timesFasterThan: 'tshark' },
          { atLeast: 2.5, timesFasterThan: 'tcptrace' },
          { peakBelowMb: 250 },
        ],
      ),
      row(
        'attack',
        'sshfate, report',
        path,
        ['node', SSHFATE, 'report', path, '--format', 'html'],
        [{ atMost: 1.3, timesTheTimeOf: 'sshfate, table', plusSeconds: 0.3 }, { peakBelowMb: 250 }],
      ),
      row(
        'attack',
        'sshfate, ndjson',
        path,
        ['node', SSHFATE, 'analyze', path, '--format', 'ndjson'],
        [
          { atLeast: 40, timesFasterThan: 'tshark' },
          { atLeast: 1.2, timesFasterThan: 'tcptrace' },
          { peakBelowMb: 250 },
        ],
      ),
    ];
  },
  report: () => {
    const path = capture('report');
    const report = ['node', SSHFATE, 'report', path, '--format'] as const;
    return [
      reading('report', path),
      row(
        'report',
        'sshfate, HTML report',
        path,
        [...report, 'html'],
        [{ secondsBelow: 5 }, { outputBelowMb: 1 }],
      ),
      row('report', 'sshfate, Markdown report', path, [...report, 'markdown'], [{ secondsBelow: 5 }]),
    ];
  },
  pair: () => {
    const [server, client] = [capture('pair.server'), capture('pair.client')];
    const bothMb = sizeMb(server) + sizeMb(client);
    return [
      { ...reading('pair', server), argv: ['cat', server, client], inputMb: bothMb },
      {
        ...row('pair', 'sshfate, table', server, ['node', SSHFATE, 'analyze', server, client]),
        inputMb: bothMb,
      },
      {
        ...row('pair', 'sshfate compare', server, ['node', SSHFATE, 'compare', client, server]),
        inputMb: bothMb,
        targets: [{ secondsBelow: 5 }, { peakBelowMb: 500 }],
      },
    ];
  },
  transfer: () => {
    const path = capture('transfer');
    const targets: Target[] = [{ atMost: 3, timesTheTimeOf: 'cat', plusSeconds: 0.15 }, { peakBelowMb: 150 }];
    return [
      reading('transfer', path),
      row('transfer', 'tcptrace', path, ['tcptrace', '-n', path]),
      row('transfer', 'pcap-parser', path, ['node', PCAP_PARSER, path]),
      row('transfer', 'sshfate, table', path, ['node', SSHFATE, 'analyze', path], targets),
      row(
        'transfer',
        'sshfate, ndjson',
        path,
        ['node', SSHFATE, 'analyze', path, '--format', 'ndjson'],
        targets,
      ),
    ];
  },
  flood: () => {
    const path = capture('flood');
    return [
      reading('flood', path),
      row('flood', 'pcap-parser', path, ['node', PCAP_PARSER, path]),
      row('flood', 'sshfate, table', path, ['node', SSHFATE, 'analyze', path], [{ peakBelowMb: 400 }]),
    ];
  },
  start: () => {
    const path = capture('small');
    const targets: Target[] = [{ atMost: 2.5, timesTheTimeOf: 'node -e 0' }];
    return [
      { shape: 'start', label: 'node -e 0', argv: ['node', '-e', '0'] },
      { shape: 'start', label: 'sshfate --help', argv: ['node', SSHFATE, '--help'], targets },
      { shape: 'start', label: 'sshfate, 10 kB', argv: ['node', SSHFATE, 'analyze', path], targets },
    ];
  },
};

const row = (
  shape: Shape,
  label: string,
  path: string,
  argv: Row['argv'],
  targets: readonly Target[] = [],
): Row => ({ shape, label, argv, inputMb: sizeMb(path), targets });

const reading = (shape: Shape, path: string): Row => ({
  ...row(shape, 'cat', path, ['cat', path]),
  discardsOutput: true,
});

function isInstalled({ argv, label }: Row): boolean {
  if (argv.includes(SSHFATE)) return built;
  const found = spawnSync('which', [argv[0]], { stdio: 'ignore' }).status === 0;
  if (!found) console.error(`${label} is not installed: its row is left out`);
  return found;
}

function table(results: readonly [Row, Measurement][]): string {
  const rivals = ['tshark', 'tcptrace', 'pcap-parser', 'cat', 'node -e 0'];
  const printed = new Table({
    head: ['shape', 'command', 'MB', 's', 'MB/s', 'peak MB', ...rivals.map((name) => `× ${name}`), 'targets'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', ...Array(4 + rivals.length).fill('right'), 'left'],
  });
  for (const [one, measured] of results) {
    const among = results.filter(([other]) => other.shape === one.shape);
    printed.push([
      one.shape,
      one.label,
      one.inputMb?.toFixed(1) ?? '',
      measured.seconds.toFixed(3),
      one.inputMb === undefined ? '' : (one.inputMb / measured.seconds).toFixed(0),
      measured.peakMb?.toFixed(0) ?? '',
      ...rivals.map((name) => {
        const ratio = name === one.label ? undefined : timesFaster([one, measured], among, name);
        return ratio === undefined ? '' : ratio.toFixed(2);
      }),
      (one.targets ?? []).map((target) => judged(target, [one, measured], among)).join('\n'),
    ]);
  }
  return printed.toString();
}

/** How many times the speed of another row of the shape; by the byte, because tshark gets a tenth of the file. */
function timesFaster(
  [one, measured]: [Row, Measurement],
  among: readonly [Row, Measurement][],
  than: string,
): number | undefined {
  const rival = among.find(([row]) => row.label === than);
  if (rival === undefined) return undefined;
  const [other, theirs] = rival;
  return (one.inputMb ?? 1) / measured.seconds / ((other.inputMb ?? 1) / theirs.seconds);
}

function judged(
  target: Target,
  [one, measured]: [Row, Measurement],
  among: readonly [Row, Measurement][],
): string {
  if ('peakBelowMb' in target) {
    const met = measured.peakMb === undefined ? undefined : measured.peakMb < target.peakBelowMb;
    return `${mark(met)} peak < ${target.peakBelowMb} MB`;
  }
  if ('outputBelowMb' in target) {
    return `${mark(measured.outputMb < target.outputBelowMb)} ${measured.outputMb.toFixed(2)} MB written < ${target.outputBelowMb} MB`;
  }
  if ('secondsBelow' in target) {
    return `${mark(measured.seconds < target.secondsBelow)} < ${target.secondsBelow} s`;
  }
  if ('timesFasterThan' in target) {
    const ratio = timesFaster([one, measured], among, target.timesFasterThan);
    const met = ratio === undefined ? undefined : ratio >= target.atLeast;
    return `${mark(met)} ≥ ${target.atLeast}× ${target.timesFasterThan}`;
  }
  const theirs = among.find(([row]) => row.label === target.timesTheTimeOf)?.[1].seconds;
  const plus = target.plusSeconds ?? 0;
  const met = theirs === undefined ? undefined : measured.seconds <= target.atMost * theirs + plus;
  const allowance = plus > 0 ? ` + ${plus} s` : '';
  return `${mark(met)} ≤ ${target.atMost} × time of ${target.timesTheTimeOf}${allowance}`;
}

const mark = (met: boolean | undefined): string =>
  met === undefined ? 'unknown' : met ? 'pass   ' : 'MISS   ';

/** A flood may cost memory and detail, never a session. */
function checkFloodIsComplete(): void {
  // The summary stands behind the sessions, which are gigabytes.
  const script = `node "$0" analyze "$1" --format json | tail -c ${TAIL_BYTES}`;
  let sessions: string | undefined;
  const { seconds, peakMb } = measure(
    { label: 'flood, json', argv: ['sh', '-c', script, SSHFATE, capture('flood')] },
    (stdout) => {
      sessions = /"summary":\s*\{\s*"sessions":\s*(\d+)/.exec(readFileSync(stdout, 'utf8'))?.[1];
    },
  );
  const complete = Number(sessions) === FLOOD_SYNS;
  const cost = `${seconds.toFixed(1)} s, ${peakMb?.toFixed(0) ?? '?'} MB`;
  console.log(
    `${mark(complete)} flood, --format json: ${sessions ?? 'no'} sessions of ${FLOOD_SYNS} SYNs (${cost})`,
  );
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' } },
});
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => !SHAPES.includes(name as Shape));
if (unknown.length > 0 || !(rounds >= 1)) {
  console.error(`usage: npm run bench -- [${SHAPES.join('|')} …] [--rounds N]`);
  process.exitCode = 2;
} else {
  run(positionals.length > 0 ? (positionals as Shape[]) : SHAPES, rounds);
}
