import { CaptureWriter, SYN } from './capture-writer.ts';
import { seededRandom } from './random.ts';

const DURATION_US = 100e6;
/** Odd, so that multiplying by it maps the 32-bit integers onto themselves: no address comes twice. */
const SCATTER = 0x9e3779b1;

/** A SYN flood with forged sources: each SYN from another address, none answered. */
export function writeFlood(path: string, syns: number): void {
  const random = seededRandom(3);
  const writer = new CaptureWriter(path);
  const server = { address: 0xc6336401, port: 22, ttl: 64, clock: 0, seq: 0, ipId: 0 };
  for (let n = 0, candidate = 1; n < syns; candidate++) {
    const address = Math.imul(candidate, SCATTER) >>> 0;
    if (!isUnicast(address)) continue;
    const source = {
      address,
      port: 1024 + (random() % 64_000),
      ttl: 40 + (random() % 24),
      clock: 0,
      seq: random(),
      ipId: random() & 0xffff,
    };
    writer.bareSegment((n / syns) * DURATION_US, source, server, SYN);
    n++;
  }
  writer.close();
}

const isUnicast = (address: number): boolean => {
  const network = address >>> 24;
  return network !== 0 && network !== 127 && network < 224;
};
