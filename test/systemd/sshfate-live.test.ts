import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '../..');
const UNIT = readFileSync(path.join(ROOT, 'systemd/sshfate-live@.service'), 'utf8');
const PROGRAM = path.join(ROOT, 'bin/sshfate.js');
/** `nobody`, and nobody's group. */
const NOBODY = '65534';

const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-unit-'));
beforeAll(() => chmodSync(folder, 0o755));
afterAll(() => rmSync(folder, { recursive: true }));

const settings = (name: string): string[] =>
  [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value as string);

test('the unit is in the package, and runs one sshfate an interface', () => {
  const { files } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  expect(files).toContain('systemd');
  expect(settings('ExecStart')).toEqual(['sshfate live $SSHFATE_OPTIONS -- %i']);
});

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
describe.skipIf(!analyze)(`systemd-analyze${analyze ? '' : ' (skipped: systemd is not installed)'}`, () => {
  /** With the program where it is here: it need not be installed. */
  function unit(name: string, text: string): string {
    const file = path.join(folder, name);
    writeFileSync(file, text.replace('ExecStart=sshfate ', `ExecStart=${process.execPath} ${PROGRAM} `));
    return file;
  }

  /** What it says of our unit: it looks at those of the machine, too. */
  function verify(file: string): string[] {
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    });
    return `${stdout}${stderr}`.split('\n').filter((line) => line.includes('sshfate'));
  }

  test('finds nothing wrong with the unit', () => {
    expect(verify(unit('sshfate-live@.service', UNIT))).toEqual([]);
  });

  test('finds what is wrong with one that is', () => {
    const wrong = UNIT.replace('ProtectSystem=strict', 'ProtectSystem=stricter').replace(
      'KillMode',
      'KillMod',
    );
    expect(verify(unit('sshfate-wrong@.service', wrong)).join('\n')).toMatch(
      /KillMod[\s\S]*stricter|stricter[\s\S]*KillMod/,
    );
  });

  test('calls the exposure of the unit at most 2 of 10', () => {
    const file = unit('sshfate-live@.service', UNIT);
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', file], {
      encoding: 'utf8',
    });
    const [, score] = /Overall exposure level for \S+: (\d+\.\d)/.exec(stdout) ?? [];
    expect(Number(score)).toBeLessThanOrEqual(2);
    expect(Number(score)).toBeGreaterThan(0);
  });
});

const isRoot = process.getuid?.() === 0;
const missing = ['setpriv', 'tcpdump'].filter(
  (name) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${name}`]).status !== 0,
);
const why = !isRoot ? 'it needs root' : missing.length > 0 ? `not installed: ${missing.join(', ')}` : '';

describe.skipIf(why !== '')(`as an unprivileged user${why && ` (skipped: ${why})`}`, () => {
  const program = path.join(folder, 'sshfate.mjs');
  beforeAll(async () => {
    // All in one file where `nobody` can read it, wherever the checkout lies.
    await build({
      entryPoints: [path.join(ROOT, 'src/cli/main.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['cap'],
      banner: {
        js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
      },
    });
    expect(existsSync(program)).toBe(true);
  });

  /** `sshfate live lo` with these capabilities and no others, as the unit would run it; until it has said `verdicts` lines. */
  async function watch(capabilities: readonly string[], port: number, verdicts: number) {
    const set = ['-all', ...capabilities.map((name) => `+${name.replace(/^CAP_/, '').toLowerCase()}`)].join();
    const child = spawn(
      'setpriv',
      [
        ...['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', '--no-new-privs'],
        ...[`--inh-caps=${set}`, `--bounding-set=${set}`, `--ambient-caps=${set}`],
        ...[process.execPath, program, 'live', 'lo', '-f', 'lines', '-p', String(port)],
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, HOME: folder } },
    );
    let [said, printed] = ['', ''];
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    const exit = once(child, 'close').then(([code]) => code as number | null);
    if (verdicts > 0) {
      await Promise.race([exit, expect.poll(() => said, { timeout: 20_000 }).toContain('Watching')]);
      const status = readFileSync(`/proc/${child.pid}/status`, 'latin1');
      expect(status).toMatch(new RegExp(`^Uid:\\s+${NOBODY}\\s`, 'm'));
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      for (let i = 0; i < verdicts; i++) await once(connect(port, '127.0.0.1'), 'error');
      await expect
        .poll(() => printed.match(/rst-after-syn/g)?.length ?? 0, { timeout: 10_000 })
        .toBeGreaterThanOrEqual(verdicts);
      child.kill('SIGTERM');
    }
    return { code: await exit, said, printed };
  }

  async function closedPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  test('it captures with the capabilities of the unit', async () => {
    const ambient = settings('AmbientCapabilities');
    expect(ambient).toEqual(settings('CapabilityBoundingSet'));
    expect(ambient).toEqual(['CAP_NET_RAW']);
    const { code } = await watch(ambient, await closedPort(), 2);
    expect(code).toBe(0);
  });

  test('without them it says which one is missing', async () => {
    const { code, said } = await watch([], await closedPort(), 0);
    expect(code).toBe(3);
    expect(said).toContain('Capturing on lo is not permitted: it needs the capability CAP_NET_RAW.');
  });
});
