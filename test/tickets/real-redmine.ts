import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilUp } from './free-port.ts';
import type { RealServer } from './real-server.ts';

const APPLICATION = '/usr/share/redmine';
/** All made by the package's installation. */
const GEMS = '/var/lib/redmine/Gemfile.lock';
const DATABASE = '/var/lib/dbconfig-common/sqlite3/redmine/instances/default/redmine_default';
const PUMA = '/usr/bin/puma';

/** Why it cannot run on this machine; undefined when it can. */
export function whyNoRedmine(): string | undefined {
  if (process.getuid?.() !== 0) return 'Redmine needs root (its database is not for everybody)';
  const missing = [APPLICATION, GEMS, DATABASE, PUMA].filter((path) => !existsSync(path));
  return missing.length > 0 ? `Redmine is not installed: no ${missing.join(', ')}` : undefined;
}

export interface RealRedmine extends RealServer {
  /** Runs Ruby inside of it; gives what it prints. */
  ruby(program: string): string;
}

/** Debian's Redmine, copied with its database to a folder of its own, on loopback, until `stop`. Has a project 'lab'. */
export async function startRedmine(): Promise<RealRedmine> {
  const folder = mkdtempSync(join(tmpdir(), 'sshfate-redmine-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const application = join(folder, 'redmine');
  const instance = join(application, 'instances', 'default');
  cpSync(APPLICATION, application, {
    recursive: true,
    // Links into the installation, which this one has instead of.
    filter: (path) => path !== join(APPLICATION, 'instances') && path !== join(APPLICATION, 'Gemfile.lock'),
  });
  for (const name of ['config', 'files', 'log', 'tmp', 'public'])
    mkdirSync(join(instance, name), { recursive: true });
  copyFileSync(GEMS, join(application, 'Gemfile.lock'));
  copyFileSync(DATABASE, join(instance, 'database'));
  writeFileSync(
    join(instance, 'config', 'database.yml'),
    `production:\n  adapter: sqlite3\n  database: ${join(instance, 'database')}\n`,
  );
  writeFileSync(join(instance, 'config', 'secret_key.txt'), 'a'.repeat(128));
  writeFileSync(join(application, 'Gemfile.local'), 'gem "puma"\n');
  const env = {
    ...process.env,
    HOME: folder,
    REDMINE_INSTANCE: 'default',
    RAILS_ENV: 'production',
    BUNDLE_SILENCE_ROOT_WARNING: '1',
  };
  const options = { env, cwd: application } as const;
  const run = (program: string, words: readonly string[]): string =>
    execFileSync(program, words, { ...options, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  run('bundle', ['install', '--local', '--quiet']);
  const ruby = (program: string): string => {
    const file = join(folder, 'program.rb');
    writeFileSync(file, program);
    return run('bundle', ['exec', 'rails', 'runner', file]);
  };
  const credential = ruby(`
Setting.rest_api_enabled = '1'
user = User.find_by_login('admin')
user.must_change_passwd = false
user.save!(validate: false)
Project.create!(name: 'Lab', identifier: 'lab', tracker_ids: Tracker.all.map(&:id), enabled_module_names: ['issue_tracking'])
print Token.find_or_create_by!(user_id: user.id, action: 'api').value
`).trim();
  let log = '';
  const child = spawn(
    'bundle',
    ['exec', 'puma', '-e', 'production', '-b', `tcp://127.0.0.1:${port}`, '-t', '1:4', 'config.ru'],
    {
      ...options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  await untilUp(url, () => log);
  return {
    url,
    credential,
    ruby,
    async request(method, path, body) {
      const response = await fetch(url + path, {
        method,
        headers: { 'X-Redmine-API-Key': credential, 'Content-Type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      return response;
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
