import { spawnSync } from 'node:child_process';

const ALWAYS = ['tcpdump', 'sshd', 'nft', 'cc', 'dropbear', 'tinysshd-makekey', 'puttygen'];

/** Why the lab cannot run on this machine; undefined when it can. */
export function whyNotHere(programs: readonly string[] = []): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root';
  const missing = [...ALWAYS, ...programs].filter(
    (name) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${name}`]).status !== 0,
  );
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}
