import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { atOtherEnd } from '../test/compare/two-ends.ts';
import { putTogether, takeApart } from '../test/lab/altered.ts';
import { writeAttack } from './attack.ts';
import { writeFlood } from './flood.ts';
import { writeMixed } from './mixed.ts';
import { writeTransfer } from './transfer.ts';

export const FLOOD_SYNS = 3_000_000;
const ATTACK_SESSIONS = 95_000;
const REPORT_SESSIONS = 100_000;
const PAIR_SESSIONS = 10_000;
const TRANSFER_BYTES = 1e9;
/** Two sessions are about 10 kB. */
const SMALL_SESSIONS = 2;

const folder = join(import.meta.dirname, 'captures');

const writers = {
  attack: (path: string) => writeAttack(path, ATTACK_SESSIONS),
  'attack-tenth': (path: string) => writeTenth(capture('attack'), path),
  report: (path: string) => writeAttack(path, REPORT_SESSIONS),
  'pair.server': (path: string) => writeAttack(path, PAIR_SESSIONS),
  'pair.client': (path: string) => writeOtherEnd(capture('pair.server'), path),
  transfer: (path: string) => writeTransfer(path, TRANSFER_BYTES),
  flood: (path: string) => writeFlood(path, FLOOD_SYNS),
  mixed: writeMixed,
  small: (path: string) => writeAttack(path, SMALL_SESSIONS),
} satisfies Record<string, (path: string) => void>;

/** Path of a capture, which is made first when it is missing. */
export function capture(name: keyof typeof writers): string {
  const path = join(folder, `${name}.pcap`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    console.error(`making ${path}`);
    writers[name](path);
  }
  return path;
}

export const sizeMb = (path: string): number => statSync(path).size / 1e6;

/** As a capture at the clients has it: 3 ms away, with a clock that is 37 s ahead and runs 50 ppm too fast. */
function writeOtherEnd(from: string, to: string): void {
  const packets = atOtherEnd(takeApart(readFileSync(from)) ?? [], {
    port: 22,
    delayUs: { toServer: 3_000, toClient: 3_000 },
    offsetUs: 37e6,
    driftPpm: 50,
  });
  writeFileSync(to, putTogether(packets));
}

/** The packets in the first tenth of a capture's bytes, as a capture of its own. */
function writeTenth(from: string, to: string): void {
  const bytes = Buffer.alloc(Math.floor(statSync(from).size / 10));
  const file = openSync(from, 'r');
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  let end = 24;
  for (let next = end; next <= bytes.length; ) {
    end = next;
    if (end + 16 > bytes.length) break;
    next = end + 16 + bytes.readUInt32LE(end + 8);
  }
  writeFileSync(to, bytes.subarray(0, end));
}
