import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../bin/sshfate.js');
export const CAPTURES = join(import.meta.dirname, '../../captures');
/** One finding: no key exchange method in common. */
export const CAPTURE = join(CAPTURES, 'close-during-kex-no-common-kex.client.pcap');

/** The names of the files that a ticket about it has. */
export const REPORT_AND_EVIDENCE: readonly unknown[] = [
  expect.stringMatching(/^ssh-report\.[0-9a-f]{12}\.html$/),
  expect.stringMatching(/^ssh-evidence-close-during-kex-no-common-kex\.client\.[0-9a-f]{12}\.pcapng$/),
];

export interface Ran {
  /** Undefined when it was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as a user runs it, with nothing of this environment's credentials; `kill` ends it hard, `interrupt` is Ctrl-C. */
export function startTicket(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): { readonly ran: Promise<Ran>; kill(): void; interrupt(): void } {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SSHFATE_')),
  );
  const child = spawn(process.execPath, [PROGRAM, 'ticket', ...words], {
    env: { ...clean, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ran = new Promise<Ran>((resolve) => {
    child.on('close', (code) => resolve({ code: code ?? undefined, stdout, stderr }));
  });
  return { ran, kill: () => child.kill('SIGKILL'), interrupt: () => child.kill('SIGINT') };
}

export function runTicket(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Ran> {
  return startTicket(words, environment).ran;
}
