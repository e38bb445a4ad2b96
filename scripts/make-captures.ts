import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeys, type Keys } from './lab/keys.ts';
import { type ClientRun, Lab } from './lab/lab.ts';
import { collect, Network } from './lab/network.ts';
import type { Expected, Program, Scenario } from './lab/scenario.ts';
import { SCENARIOS } from './lab/scenarios/index.ts';

/**
 * Makes captures/: real programs, real faults, in network namespaces of this machine. Needs root and the packages that
 * `npm test` installs. With names as arguments only those are made anew.
 */
const USAGE = 'usage: npm run captures -- [name …]   (as root)';

/** Faults are independent of each other and mostly wait. */
const AT_ONCE = 4;
const LONGEST_MS = 90_000;

/** What captures/manifest.json says of a capture. */
interface ManifestEntry {
  readonly file: string;
  readonly made: string;
  readonly sessions: readonly Expected[];
  readonly clientSaid: readonly string[];
  /** null: it still ran when the capture ended, or there was no client to ask. */
  readonly clientExit: number | null;
  readonly versions: Readonly<Record<string, string>>;
}

const PACKAGES: Readonly<Record<Exclude<Program, 'node'>, string>> = {
  curl: 'curl',
  dbclient: 'dropbear-bin',
  dropbear: 'dropbear-bin',
  dumpcap: 'wireshark-common',
  netcat: 'netcat-openbsd',
  nftables: 'nftables',
  nmap: 'nmap',
  openssl: 'openssl',
  plink: 'putty-tools',
  socat: 'socat',
  ssh: 'openssh-client',
  'ssh-keyscan': 'openssh-client',
  sshd: 'openssh-server',
  tinysshd: 'tinysshd',
};

const captures = join(import.meta.dirname, '..', 'captures');
const folder = join(tmpdir(), `sshfate-lab-${process.pid}`);
const networks = new Set<Network>();
let interrupted = false;

async function make(scenarios: readonly Scenario[]): Promise<void> {
  const entries = new Map(readManifest().map((entry) => [entry.file, entry]));
  let failed = 0;
  mkdirSync(folder, { mode: 0o700 });
  try {
    const keys = await generateKeys(folder);
    const queue = scenarios.map((scenario, n) => ({ scenario, n }));
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next && !interrupted; next = queue.shift()) {
        const { scenario, n } = next;
        try {
          const entry = await once(scenario, keys, `sf${process.pid}n${n}`);
          entries.set(entry.file, entry);
          console.error(`made    ${entry.file}`);
        } catch (error) {
          failed++;
          if (!interrupted) console.error(`FAILED  ${scenario.name}: ${(error as Error).message}`);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  writeDocuments([...entries.values()]);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function once(scenario: Scenario, keys: Keys, id: string): Promise<ManifestEntry> {
  const file = `${scenario.name}.${scenario.format ?? 'pcap'}`;
  const versions: Record<string, string> = { linux: release() };
  for (const program of scenario.programs) versions[program] = await versionOf(program);

  const network = new Network(id);
  networks.add(network);
  let timer: NodeJS.Timeout | undefined;
  try {
    await network.build();
    const made = join(folder, file);
    const lab = new Lab({ network, keys, folder: join(folder, scenario.name), file: made });
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${LONGEST_MS / 1000} s`)), LONGEST_MS);
    });
    const run = await Promise.race([scenario.run(lab), tooLong]);
    await lab.endCapture();
    if (statSync(made).size <= 24) throw new Error('the capture is empty');
    copyFileSync(made, join(captures, file));
    // dumpcap's are for its user only.
    chmodSync(join(captures, file), 0o644);
    return {
      file,
      made: scenario.made,
      sessions: scenario.sessions,
      clientSaid: said(run),
      clientExit: run?.exit ?? null,
      versions,
    };
  } finally {
    clearTimeout(timer);
    networks.delete(network);
    await network.dispose();
  }
}

/** Without the names of this run's temporary files. */
const said = (run: ClientRun | undefined): readonly string[] =>
  (run?.said ?? [])
    .filter((line) => !/^Warning: Permanently added/.test(line))
    .map((line) => line.replaceAll(folder, '…'));

async function versionOf(program: Program): Promise<string> {
  if (program === 'node') return process.versions.node;
  return collect('dpkg-query', ['-W', '-f', '$' + '{Version}', PACKAGES[program]]);
}

function readManifest(): readonly ManifestEntry[] {
  const path = join(captures, 'manifest.json');
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { captures: ManifestEntry[] }).captures
    : [];
}

/** The manifest for tests and the table for readers, from the same entries in the scenarios' order. */
function writeDocuments(entries: readonly ManifestEntry[]): void {
  const order = new Map(SCENARIOS.map(({ name }, n) => [name, n]));
  const position = ({ file }: ManifestEntry): number => order.get(file.replace(/\.pcap(ng)?$/, '')) ?? -1;
  // What a scenario expects may be put right without making its capture anew.
  const known = entries
    .filter((entry) => position(entry) >= 0)
    .sort((a, b) => position(a) - position(b))
    .map((entry) => {
      const { made, sessions } = SCENARIOS[position(entry)] as Scenario;
      return { ...entry, made, sessions };
    });
  write('manifest.json', `${JSON.stringify({ captures: known }, undefined, 2)}\n`);
  write('README.md', readme(known));
}

function write(name: string, text: string): void {
  const path = join(captures, name);
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}

function readme(entries: readonly ManifestEntry[]): string {
  const versions = new Map(entries.flatMap((entry) => Object.entries(entry.versions)));
  return `# Captures of real sessions

Made by \`npm run captures\` (scripts/make-captures.ts) with real programs in network namespaces: a client, a router and a
server; one fault each, keys made for the run and thrown away after it. They were taken at the client unless the table says
otherwise. \`manifest.json\` holds the same for tests.

The fate is known from what was done, not from what sshfate says of it. Two fates stand where the same fault ends either way
by chance; a cause in brackets is one that a diagnosis may give, and no other.

${[...versions].map(([program, version]) => `${program} ${version}`).join(', ')}.

| capture | what was done | the client said | exit | fate |
|---|---|---|---|---|
${entries.map(tableRow).join('\n')}
`;
}

function tableRow({ file, made, clientSaid, clientExit, sessions }: ManifestEntry): string {
  const cells = [
    `\`${file}\``,
    made,
    clientSaid.map((line) => `\`${line.trim().replaceAll('`', "'")}\``).join('<br>'),
    clientExit === null ? '' : String(clientExit),
    fates(sessions),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function fates(sessions: readonly Expected[]): string {
  const counted = new Map<string, number>();
  for (const { fate, cause } of sessions) {
    const text = fate.map((one) => `\`${one}\``).join(' or ') + (cause ? ` (${cause.join(', ')})` : '');
    counted.set(text, (counted.get(text) ?? 0) + 1);
  }
  return [...counted].map(([text, count]) => (count > 1 ? `${count} × ${text}` : text)).join('<br>');
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, async () => {
    interrupted = true;
    console.error('cleaning up');
    await Promise.allSettled([...networks].map((network) => network.dispose()));
    rmSync(folder, { recursive: true, force: true });
    // Scenarios may sleep for long: ends by the same signal, which has its default meaning again.
    process.kill(process.pid, name);
  });
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown.length > 0) {
  console.error(
    `no such capture: ${unknown.join(', ')}\n${USAGE}\n${SCENARIOS.map(({ name }) => name).join('\n')}`,
  );
  process.exitCode = 2;
} else if (process.getuid?.() !== 0) {
  console.error(`Network namespaces need root.\n${USAGE}`);
  process.exitCode = 2;
} else {
  await make(names.length > 0 ? SCENARIOS.filter(({ name }) => names.includes(name)) : SCENARIOS);
}
