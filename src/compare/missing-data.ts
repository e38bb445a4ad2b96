import { ACK, RST, SYN } from '../wire/segment.ts';
import type { Case } from './case.ts';
import { isWhole } from './judged-capture.ts';
import type { Member } from './leg.ts';
import { type Direction, FROM_CLIENT, FROM_SERVER, opposite, sideOf } from './trace.ts';

/**
 * An end whose data did not even come to the capture nearest to it, though later data did: it is missing behind that
 * capture, and the other end never acknowledged it, so that the capture has not just missed it.
 */
export function missingData(one: Case): 'client' | 'server' | undefined {
  if (one.placed.order !== 'known') return undefined;
  if (isMissing(one, one.nearClient, FROM_CLIENT)) return sideOf(FROM_CLIENT);
  if (isMissing(one, one.nearServer, FROM_SERVER)) return sideOf(FROM_SERVER);
  return undefined;
}

function isMissing(one: Case, member: Member, from: Direction): boolean {
  if (!isWhole(one.capture(member))) return false;
  const { log } = member.session.trace;
  const { by } = member.session.packets;
  let next: number | undefined;
  for (const place of by[opposite(from)]) {
    if (((log.flags[place] as number) & (ACK | RST)) !== ACK) continue;
    const number = log.acknowledgement[place] as number;
    if (next === undefined || ((number - next) | 0) > 0) next = number;
  }
  if (next === undefined) return false;
  const missing = next;
  let isBeyond = false;
  for (const place of by[from]) {
    const length = log.length[place] as number;
    if (length === 0 || ((log.flags[place] as number) & SYN) !== 0) continue;
    const begin = ((log.sequence[place] as number) - missing) | 0;
    if (begin <= 0 && begin + length > 0) return false;
    isBeyond ||= begin > 0;
  }
  return isBeyond;
}
