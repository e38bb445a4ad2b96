import { join } from 'node:path';
import { collect } from './network.ts';

/** Compiles wire.c, our cable with faults, because this kernel may have no netem and cannot forge resets. */
export async function buildWire(folder: string): Promise<string> {
  const program = join(folder, 'wire');
  await collect('cc', ['-O2', '-Wall', '-o', program, join(import.meta.dirname, 'wire.c')]);
  return program;
}
