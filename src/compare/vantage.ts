import type { Member } from './leg.ts';
import { hopsFrom } from './order.ts';
import { spanOf } from './packet-log.ts';

/** Routers between a capture and a host. From packets with data or a SYN, of which a few tell: a reset may be anybody's. */
export function hops({ session }: Member, direction: 0 | 1): number | undefined {
  const { log } = session.trace;
  const limits: number[] = [];
  for (const place of session.packets.by[direction]) {
    if (spanOf(log.flags[place] as number, log.length[place] as number) > 0) {
      limits.push(log.hopLimit[place] as number);
    }
    if (limits.length === TELLING_PACKETS) break;
  }
  return hopsFrom(limits);
}

const TELLING_PACKETS = 8;
