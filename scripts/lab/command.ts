import { parseArgs } from 'node:util';
import { cleanUp, runScenarios } from './run.ts';
import { SCENARIOS } from './scenarios/index.ts';

const HELP = `usage: npm run lab -- [options] [NAME …]        (as root)

Makes each failure of an SSH session for real, in network namespaces of this machine, and captures it at the client and
at the server at the same time. Each scenario gives a folder with both captures, truth.json (what was done, and what
each session must therefore be called), client.txt, server.txt and commands.txt.

  --list         the scenarios, a line each, and make none
  --out DIR      where results go (default lab-runs)
  --jobs N       how many at once (default 8: they mostly wait)
  --other        with other addresses and another port
  --score [DIR]  how right sshfate is on the results in DIR (default lab-runs); exit code 1 when it misses its targets
  --fix          carry out the next step that mends it for some faults, and see whether a login works then
  --ship [NAME …] put small results (all, or those of some scenarios), the manifest and the tables into captures/
  -h, --help     this

examples:
  npm run lab                                          all of them, a few minutes
  npm run lab -- no-syn-ack close-during-kex-keyscan   these two
  npm run lab -- --other --out /tmp/other
  npm run lab -- --score /tmp/other
`;

const JOBS = 8;

export async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = optionsOf(argv) ?? {};
  if (!values || !positionals) return;
  const out = values.out ?? 'lab-runs';
  if (values.help) {
    process.stdout.write(HELP);
  } else if (values.list) {
    for (const { name, made } of SCENARIOS) console.log(`${name}: ${made}`);
  } else if (values.score) {
    const { printScore } = await import('./score-command.ts');
    process.exitCode = (await printScore(positionals[0] ?? out)) ? 0 : 1;
  } else if (values.ship) {
    const { ship } = await import('./ship.ts');
    await ship(out, positionals);
  } else {
    await make(positionals, {
      out,
      jobs: Number(values.jobs ?? JOBS),
      other: values.other === true,
      fix: values.fix === true,
    });
  }
}

function optionsOf(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        list: { type: 'boolean' },
        out: { type: 'string' },
        jobs: { type: 'string' },
        other: { type: 'boolean' },
        score: { type: 'boolean' },
        fix: { type: 'boolean' },
        ship: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    refuse((error as Error).message);
    return undefined;
  }
}

interface MakeOptions {
  readonly out: string;
  readonly jobs: number;
  readonly other: boolean;
  readonly fix: boolean;
}

async function make(names: readonly string[], options: MakeOptions): Promise<void> {
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) return refuse(`There is no scenario ${unknown.join(', ')}; --list names all.`);
  if (!(Number.isInteger(options.jobs) && options.jobs > 0)) return refuse('--jobs takes a number above 0.');
  if (process.getuid?.() !== 0) return refuse('Network namespaces need root: run it as root.');
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, async () => {
      console.error('cleaning up');
      await cleanUp();
      // Scenarios may sleep for long: ends by the same signal, which has its default meaning again.
      process.kill(process.pid, name);
    });
  }
  const started = Date.now();
  const say = (line: string): void => console.error(line);
  if (options.fix) {
    const { tryFixes } = await import('./fix.ts');
    process.exitCode = (await tryFixes(names, { ...options, say })) ? 0 : 1;
    return;
  }
  const scenarios = names.length > 0 ? SCENARIOS.filter(({ name }) => names.includes(name)) : SCENARIOS;
  const { made, failed, skipped } = await runScenarios(scenarios, { ...options, say });
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  say(`${made.length} made, ${failed.length} failed, ${skipped.length} skipped in ${seconds} s`);
  for (const name of failed) say(`failed: ${name}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

function refuse(why: string): void {
  console.error(`lab: ${why}\n\n${HELP}`);
  process.exitCode = 2;
}
