import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CapturedPacket, putTogether, takeApart } from '../test/lab/altered.ts';
import { writeAttack } from './attack.ts';
import { writeFlood } from './flood.ts';
import { writeTransfer } from './transfer.ts';

const ATTACK_SESSIONS = 95_000;
const FLOOD_SYNS = 100_000;
const TRANSFER_BYTES = 300e6;
const DURATION_US = 1200e6;
/**
 * Copies are over well before the end: replayed again and again, their next SYN must not come while the connection before
 * is still waited for. That is why the whole is as long, too: a SYN without an answer is remembered for two minutes.
 */
const TRANSFER_PART = 0.8;
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
    const attack = made('attack', (part) => writeAttack(part, ATTACK_SESSIONS));
    const startUs = attack[0]?.time ?? 0;
    const over = (packets: readonly CapturedPacket[], durationUs: number): readonly CapturedPacket[] =>
      packets.map((packet, n) => ({
        ...packet,
        time: startUs + Math.floor((n / packets.length) * durationUs),
      }));
    const placed = [
      ...over(attack, DURATION_US),
      ...over(
        made('transfer', (part) => writeTransfer(part, TRANSFER_BYTES)),
        TRANSFER_PART * DURATION_US,
      ),
      ...over(
        made('flood', (part) => writeFlood(part, FLOOD_SYNS)),
        DURATION_US,
      ),
      ...over(shipped(), DURATION_US),
    ];
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
