import { collect } from './network.ts';
import type { Program } from './scenario.ts';

const PACKAGES: Readonly<Record<Exclude<Program, 'node' | 'openssh-10'>, string>> = {
  curl: 'curl',
  dbclient: 'dropbear-bin',
  dropbear: 'dropbear-bin',
  dumpcap: 'wireshark-common',
  haproxy: 'haproxy',
  netcat: 'netcat-openbsd',
  nftables: 'nftables',
  nmap: 'nmap',
  openssl: 'openssl',
  paramiko: 'python3-paramiko',
  plink: 'putty-tools',
  socat: 'socat',
  ssh: 'openssh-client',
  'ssh-keyscan': 'openssh-client',
  sshd: 'openssh-server',
  tinysshd: 'tinysshd',
};

const known = new Map<string, Promise<string>>();

/** As the distribution names them. */
export async function versionsOf(
  programs: readonly Program[],
  rootTen: string,
): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const program of programs) {
    const version = known.get(program) ?? versionOf(program, rootTen);
    known.set(program, version);
    versions[program] = await version;
  }
  return versions;
}

async function versionOf(program: Program, rootTen: string): Promise<string> {
  if (program === 'node') return process.versions.node;
  const where = program === 'openssh-10' ? ['--root', rootTen] : [];
  const name = program === 'openssh-10' ? 'openssh-server' : PACKAGES[program];
  return collect('dpkg-query', [...where, '-W', '-f', '$' + '{Version}', name]);
}
