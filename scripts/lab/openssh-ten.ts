import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { collect } from './network.ts';

/** The first Debian release with an OpenSSH that has PerSourcePenalties and a process of its own for each session. */
const SUITE = 'trixie';
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sshfate-lab');

/**
 * The root of a Debian with OpenSSH 10, made once by debootstrap from where this machine gets its packages and kept in
 * the user's cache. Absent where that cannot be done.
 */
export async function openSshTen(say: (line: string) => void): Promise<string | undefined> {
  const root = join(cache, SUITE);
  if (existsSync(join(root, 'usr/sbin/sshd'))) return root;
  const mirror = mirrorOfThisMachine();
  if (mirror === undefined) return undefined;
  say(`getting OpenSSH 10 (Debian ${SUITE}), once`);
  const part = `${root}.part`;
  try {
    mkdirSync(cache, { recursive: true });
    rmSync(part, { recursive: true, force: true });
    const packages = '--include=openssh-server,openssh-client';
    await collect('debootstrap', ['--variant=minbase', packages, SUITE, part, mirror]);
    renameSync(part, root);
    return root;
  } catch (error) {
    say(`no OpenSSH 10: ${(error as Error).message.slice(0, 200)}`);
    rmSync(part, { recursive: true, force: true });
    return undefined;
  }
}

/** The address in the machine's own apt sources that offers Debian itself. */
function mirrorOfThisMachine(): string | undefined {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  for (const file of ['/etc/apt/sources.list', ...files]) {
    if (!existsSync(file)) continue;
    const text = readFileSync(file, 'utf8');
    const found =
      /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+\w+\s.*\bmain\b/m.exec(text) ??
      (/^Components:.*\bmain\b/m.test(text) ? /^URIs:\s*(\S+)/m.exec(text) : null);
    if (found?.[1] && /debian(\/|$)/i.test(new URL(found[1]).pathname)) return found[1];
  }
  return undefined;
}
