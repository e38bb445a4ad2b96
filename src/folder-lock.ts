import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another process has it. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  readonly pid: number;

  constructor(pid: number) {
    super(`process ${pid} uses the folder`);
    this.pid = pid;
  }
}

const LOCK = /^lock\.(\d{1,9})$/;

/**
 * Takes a folder for this process; the returned function gives it back. Who has the lock with the highest number has the
 * folder. A lock whose process is gone (kill -9, a lost power supply) is taken over by making the next higher one, which
 * only one process can; to take the old one away and make it anew, two could do at the same time.
 *
 * @throws FolderInUse when a process that lives has it; errors of the file system.
 */
export function lockFolder(folder: string): () => void {
  const held = highestLock(folder);
  if (held !== undefined && isAlive(held.holder)) throw new FolderInUse(held.holder.pid);
  const number = (held?.number ?? 0) + 1;
  const path = join(folder, `lock.${number}`);
  const draft = join(folder, `.lock.${process.pid}`);
  writeFileSync(draft, lockText(), { mode: 0o600 });
  try {
    // There at once with all of its text, or not at all.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new FolderInUse(highestLock(folder)?.holder.pid ?? 0);
  } finally {
    rmSync(draft, { force: true });
  }
  // Made from an old list, when others took over and gave back since: then there is a higher one by now.
  const highest = highestLock(folder);
  if (highest !== undefined && highest.number > number && isAlive(highest.holder)) {
    rmSync(path, { force: true });
    throw new FolderInUse(highest.holder.pid);
  }
  for (const { name, number: other } of locks(folder)) {
    if (other < number) rmSync(join(folder, name), { force: true });
  }
  return () => rmSync(path, { force: true });
}

interface Holder {
  readonly pid: number;
  /** Clock ticks since the machine started; undefined where there is no /proc. A pid alone is given anew. */
  readonly startTicks: string | undefined;
}

function lockText(): string {
  return `${process.pid} ${startTicks('self') ?? ''}\n`;
}

function locks(folder: string): { readonly name: string; readonly number: number }[] {
  return readdirSync(folder).flatMap((name) => {
    const number = LOCK.exec(name)?.[1];
    return number === undefined ? [] : [{ name, number: Number(number) }];
  });
}

function highestLock(folder: string): { readonly number: number; readonly holder: Holder } | undefined {
  const [highest] = locks(folder).sort((a, b) => b.number - a.number);
  if (highest === undefined) return undefined;
  return { number: highest.number, holder: readHolder(join(folder, highest.name)) };
}

/** Process 0 for a lock that cannot be read: nobody. */
function readHolder(path: string): Holder {
  try {
    const [, pid, start] = /^(\d+) (\d*)\n$/.exec(readFileSync(path, 'latin1')) ?? [];
    return { pid: Number(pid ?? 0), startTicks: start || undefined };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { pid: 0, startTicks: undefined };
    throw error;
  }
}

function isAlive({ pid, startTicks: since }: Holder): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: somebody else's, but there.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = startTicks(String(pid));
  return since === undefined || now === undefined || now === since;
}

/** Field 22 of proc(5)'s stat; the second field, the name, may hold spaces and parentheses. */
function startTicks(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
