import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CapturedPacket, putTogether, takeApart } from '../test/lab/altered.ts';
import { writeAttack } from './attack.ts';
import { writeFlood } from './flood.ts';
import { writeTransfer } from './transfer.ts';

const ATTACK_SESSIONS = 65_000;
const FLOOD_SYNS = 100_000;
const TRANSFER_BYTES = 300e6;
const DURATION_US = 1200e6;
const SHIPPED = join(import.meta.dirname, '..', 'captures');

/** What a busy server sees: an attack, copies of large files, a flood, and all that the project's captures hold. */
export function writeMixed(path: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'sshfate-mixed-'));
  try {
    const made = (name: string, write: (path: string) => void): readonly CapturedPacket[] => {
      const part = join(folder, name);
      write(part);
      return takeApart(readFileSync(part)) ?? [];
    };
    const parts = [
      made('attack', (part) => writeAttack(part, ATTACK_SESSIONS)),
      made('transfer', (part) => writeTransfer(part, TRANSFER_BYTES)),
      made('flood', (part) => writeFlood(part, FLOOD_SYNS)),
      shipped(),
    ];
    const startUs = parts[0]?.[0]?.time ?? 0;
    const placed = parts.flatMap((part) =>
      part.map((packet, n) => ({
        ...packet,
        time: startUs + Math.floor((n / part.length) * DURATION_US),
      })),
    );
    // Stable: those of one part keep their order.
    writeFileSync(path, putTogether(placed.sort((a, b) => a.time - b.time)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One after the other, as far as they are Ethernet. */
function shipped(): readonly CapturedPacket[] {
  return readdirSync(SHIPPED)
    .filter((name) => name.endsWith('.pcap'))
    .flatMap((name) => takeApart(readFileSync(join(SHIPPED, name))) ?? []);
}
