import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, untilUp } from './free-port.ts';
import type { RealServer } from './real-server.ts';

const LIBRARY = '/usr/share/request-tracker5/lib';
const SERVER = '/usr/share/request-tracker5/libexec/rt-server';
/** Made by the package's installation, with the first user in it. */
const DATABASE = '/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb';

const PASSWORD = 'only-on-loopback-1';

/** Why it cannot run on this machine; undefined when it can. */
export function whyNoRequestTracker(): string | undefined {
  if (process.getuid?.() !== 0) return 'Request Tracker needs root (its database is not for everybody)';
  const missing = [SERVER, DATABASE].filter((path) => !existsSync(path));
  return missing.length > 0 ? `Request Tracker is not installed: no ${missing.join(', ')}` : undefined;
}

/** Debian's Request Tracker 5 with a database of its own, on loopback, until `stop`. */
export async function startRequestTracker(): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sshfate-rt-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  mkdirSync(join(folder, 'RT_SiteConfig.d'));
  copyFileSync(DATABASE, join(folder, 'rtdb'));
  writeFileSync(
    join(folder, 'RT_SiteConfig.pm'),
    `Set($rtname, 'test'); Set($Organization, 'test.invalid');
Set($WebDomain, '127.0.0.1'); Set($WebPort, ${port}); Set($WebPath, '');
Set($WebBaseURL, '${url}'); Set($WebURL, '${url}/');
Set($DatabaseType, 'SQLite'); Set($DatabaseName, '${join(folder, 'rtdb')}');
Set($MailCommand, 'mbox');
Set($LogToSTDERR, 'error'); Set($LogToSyslog, undef); Set($LogToFile, undef);
1;
`,
  );
  const env = {
    ...process.env,
    TMPDIR: folder,
    RT_SITE_CONFIG: join(folder, 'RT_SiteConfig.pm'),
    RT_SITE_CONFIG_DIR: join(folder, 'RT_SiteConfig.d'),
  };
  execFileSync(
    'perl',
    [
      `-I${LIBRARY}`,
      '-e',
      `use RT; RT::LoadConfig(); RT::Init(); my $user = RT::User->new($RT::SystemUser); $user->Load('root'); my ($ok, $why) = $user->SetPassword('${PASSWORD}'); die $why unless $ok;`,
    ],
    { env, stdio: ['ignore', 'ignore', 'pipe'], cwd: folder },
  );
  let log = '';
  const child = spawn(SERVER, ['--server', 'Standalone', '--host', '127.0.0.1', '--port', String(port)], {
    env,
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  await untilUp(`${url}/REST/2.0/`, () => log);
  const credential = `root:${PASSWORD}`;
  const authorization = `Basic ${Buffer.from(credential).toString('base64')}`;
  return {
    url,
    credential,
    async request(method, path, body) {
      const response = await fetch(url + path, {
        method,
        headers: { Authorization: authorization, 'Content-Type': 'application/json' },
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

/** What Request Tracker was installed as, for a test that says it. */
export function requestTrackerVersion(): string {
  return /VERSION = '([^']+)'/.exec(readFileSync(join(LIBRARY, 'RT/Generated.pm'), 'utf8'))?.[1] ?? '';
}
