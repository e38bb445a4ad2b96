import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Command {
  readonly label: string;
  readonly argv: readonly [string, ...string[]];
  /** What it prints is not worth a file: `cat` stands for reading, and copying would be more than that. */
  readonly discardsOutput?: boolean;
}

export interface Measurement {
  /** Wall time of the whole process, from before its start to after its end. */
  readonly seconds: number;
  /** What it printed; 0 where that was discarded. */
  readonly outputMb: number;
  /** Largest resident set of the process; absent without GNU time. */
  readonly peakMb?: number;
}

const GNU_TIME = '/usr/bin/time';
export const measuresMemory = existsSync(GNU_TIME);

/** Runs a command to its end, stdout into a file as `sshfate … > out` would. Throws with its stderr when it fails. */
export function measure(command: Command, inspect?: (stdoutPath: string) => void): Measurement {
  const folder = mkdtempSync(join(tmpdir(), 'sshfate-bench-'));
  const out = openSync(command.discardsOutput ? '/dev/null' : join(folder, 'out'), 'w');
  const peak = join(folder, 'peak');
  const argv = measuresMemory ? [GNU_TIME, '-f', '%M', '-o', peak, ...command.argv] : [...command.argv];
  const [program = '', ...rest] = argv;
  try {
    const start = performance.now();
    const run = spawnSync(program, rest, {
      stdio: ['ignore', out, 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    const seconds = (performance.now() - start) / 1000;
    if (run.error) throw run.error;
    if (run.status !== 0) {
      throw new Error(`${command.argv.join(' ')}: ${String(run.stderr).trim() || `exit code ${run.status}`}`);
    }
    inspect?.(join(folder, 'out'));
    return {
      seconds,
      outputMb: command.discardsOutput ? 0 : statSync(join(folder, 'out')).size / 1e6,
      ...(measuresMemory && { peakMb: Number(readFileSync(peak, 'utf8').trim()) / 1024 }),
    };
  } finally {
    closeSync(out);
    rmSync(folder, { recursive: true });
  }
}

/** The fastest of some runs of each command, in turns, so that a busy moment of the machine meets all of them. */
export function measureInTurns(
  commands: readonly Command[],
  rounds: (command: Command) => number,
): ReadonlyMap<Command, Measurement> {
  const best = new Map<Command, Measurement>();
  const most = Math.max(0, ...commands.map(rounds));
  for (let round = 0; round < most; round++) {
    for (const command of commands) {
      if (round >= rounds(command)) continue;
      const run = measure(command);
      const before = best.get(command);
      const fastest = before === undefined || run.seconds < before.seconds ? run : before;
      const peakMb = Math.max(run.peakMb ?? 0, before?.peakMb ?? 0);
      best.set(command, { ...fastest, ...(peakMb > 0 && { peakMb }) });
    }
  }
  return best;
}
