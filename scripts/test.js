// `npm test`: installs what is missing, runs every test, says what was skipped and why. Plain JavaScript without a
// dependency, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const inCi = /^(1|true)$/i.test(process.env.CI ?? '');

/** Debian packages of the programs that tests run, by the command or file that shows that it is there. */
const PACKAGES = {
  chromium: 'chromium',
  curl: 'curl',
  debootstrap: 'debootstrap',
  dropbear: 'dropbear-bin',
  ethtool: 'ethtool',
  fish: 'fish',
  haproxy: 'haproxy',
  ip: 'iproute2',
  iptables: 'iptables',
  nc: 'netcat-openbsd',
  nft: 'nftables',
  nmap: 'nmap',
  pgrep: 'procps',
  openssl: 'openssl',
  plink: 'putty-tools',
  puma: 'puma',
  socat: 'socat',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  sshpass: 'sshpass',
  'systemd-analyze': 'systemd',
  tcpdump: 'tcpdump',
  tinysshd: 'tinysshd',
  tmux: 'tmux',
  tshark: 'tshark',
  zsh: 'zsh',
  '/usr/lib/python3/dist-packages/paramiko/__init__.py': 'python3-paramiko',
  '/usr/lib/python3/dist-packages/prometheus_client/parser.py': 'python3-prometheus-client',
  '/usr/share/redmine/config.ru': 'redmine',
  '/var/lib/dbconfig-common/sqlite3/redmine/instances/default/redmine_default': 'redmine-sqlite',
  '/usr/share/request-tracker5/libexec/rt-server': 'request-tracker5',
  '/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb': 'rt5-db-sqlite',
  '/usr/include/pcap/pcap.h': 'libpcap-dev',
};

function main() {
  const before = missingPackages();
  installPackages(before);
  const stillMissing = missingPackages();
  if (stillMissing.length > 0) {
    console.log(`Not installed: ${stillMissing.join(', ')}. The tests that need them are skipped.`);
  }
  // cap is optional and does without being built; with the headers there now it can be.
  const canBuildCap = before.includes('libpcap-dev') && !stillMissing.includes('libpcap-dev');
  if (canBuildCap || !modulesAreFresh()) {
    console.log('Installing the npm packages …');
    if (!run('npm', ['install', '--no-save', '--no-audit', '--no-fund'])) return fail('npm install failed');
  }
  const built = distIsFresh() || run('npm', ['run', '--silent', 'build']);
  if (!built) console.log('The build failed: tests of the command line meet an old one or none.');

  const report = runVitest(process.argv.slice(2));
  if (report === undefined) return fail('vitest ended without a report');
  const { tests, crashed, exitCode } = report;
  const skipped = tests.filter(({ status }) => status === 'skipped');
  for (const { name } of skipped) console.log(`skipped: ${name}`);
  if (skipped.length > 0 && !process.env.SSHFATE_CORPUS) {
    console.log('Tests of other projects’ captures need SSHFATE_CORPUS, the folder that holds them.');
  }
  if (skipped.length > 0 && inCi) console.log('With CI=true nothing may be skipped: see the list above.');
  const failed = tests.filter(({ status }) => status === 'failed').length + crashed;
  process.exitCode = exitCode !== 0 || failed > 0 || !built || (inCi && skipped.length > 0) ? 1 : 0;
  const passed = tests.filter(({ status }) => status === 'passed').length;
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
}

function fail(reason) {
  process.exitCode = 1;
  console.log(reason);
  console.log('0 passed, 1 failed, 0 skipped');
}

function missingPackages() {
  return Object.entries(PACKAGES)
    .filter(([mark]) => !(mark.startsWith('/') ? existsSync(mark) : isCommand(mark)))
    .map(([, name]) => name);
}

function isCommand(name) {
  // Daemons live where an ordinary user's PATH does not look.
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function installPackages(packages) {
  if (packages.length === 0 || process.getuid?.() !== 0 || !isCommand('apt-get')) return;
  console.log(`Installing with apt-get: ${packages.join(' ')} …`);
  const restorePolicy = forbidDaemons();
  try {
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
    if (!apt(install) && !(mendRedmine() && apt(install))) {
      apt(['update', '-qq']);
      // One that this release does not have must not keep the others away.
      if (!apt(install) && !(mendRedmine() && apt(install))) {
        for (const one of packages) apt([...install.slice(0, 4), one]);
      }
    }
  } finally {
    restorePolicy();
  }
}

/**
 * The bundler of Debian 12 takes gems that came as Debian packages for missing when they have no folder of their own,
 * and Redmine's installation ends in the middle of it. With the folders it can be gone on with.
 */
function mendRedmine() {
  if (!redmineIsHalfInstalled() || !isCommand('ruby')) return false;
  const program =
    'Gem::Specification.each { |gem| FileUtils.mkdir_p(gem.full_gem_path) unless File.directory?(gem.full_gem_path) }';
  if (spawnSync('ruby', ['-rfileutils', '-e', program], { stdio: 'ignore' }).status !== 0) return false;
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('dpkg', ['--configure', '-a'], { stdio: 'ignore', env: environment }).status === 0;
}

/** dpkg has something to say of it only when it is there and not ready. */
function redmineIsHalfInstalled() {
  const { stdout } = spawnSync('dpkg', ['--audit', 'redmine'], { encoding: 'utf8' });
  return (stdout ?? '').trim() !== '';
}

function apt(argv) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', argv, { stdio: 'ignore', env: environment }).status === 0;
}

/** Debian starts what it installs unless a policy forbids it; one that is there already stays as it is. */
function forbidDaemons() {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => {};
  writeFileSync(policy, '#!/bin/sh\nexit 101\n');
  chmodSync(policy, 0o755);
  return () => rmSync(policy, { force: true });
}

/** Whether node_modules holds what package-lock.json asks for. */
function modulesAreFresh() {
  const wanted = readJson('package-lock.json')?.packages;
  const installed = readJson('node_modules/.package-lock.json')?.packages;
  const manifest = readJson('package.json');
  if (!wanted || !installed) return false;
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    if (JSON.stringify(wanted['']?.[kind] ?? {}) !== JSON.stringify(manifest[kind] ?? {})) return false;
  }
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether the build is newer than every source. */
function distIsFresh() {
  const main = join(root, 'dist', 'src', 'cli', 'main.js');
  if (!existsSync(main)) return false;
  const built = newest(join(root, 'dist', 'src'));
  const sources = Math.max(
    newest(join(root, 'src')),
    ...['tsconfig.json', 'tsconfig.build.json'].map((name) => statSync(join(root, name)).mtimeMs),
  );
  return built >= sources;
}

function newest(folder) {
  return Math.max(
    0,
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}

function run(program, argv) {
  return spawnSync(program, argv, { cwd: root, stdio: 'inherit' }).status === 0;
}

/** Every test with its outcome, the number of files that could not be run, and vitest's exit code. */
function runVitest(argv) {
  const folder = mkdtempSync(join(tmpdir(), 'sshfate-test-'));
  const file = join(folder, 'report.json');
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules', 'vitest', 'vitest.mjs'),
        ...['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
        ...argv,
      ],
      { cwd: root, stdio: 'inherit' },
    );
    if (!existsSync(file)) return undefined;
    const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
    const tests = testResults.flatMap(({ assertionResults }) =>
      assertionResults.map(({ ancestorTitles, title, status: outcome }) => ({
        name: [...ancestorTitles, title].filter(Boolean).join(' › '),
        status: outcome === 'passed' || outcome === 'failed' ? outcome : 'skipped',
      })),
    );
    const crashed = testResults.filter(
      ({ status: outcome, assertionResults }) =>
        outcome === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
    ).length;
    return { tests, crashed, exitCode: status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main();
