import { ACK, FIN, RST, SYN } from '../wire/segment.ts';
import type { PacketLog } from './packet-log.ts';

/** What a packet is, in few words: 'SYN-ACK', 'RST', '1,460 bytes'. */
export function packetWords(log: PacketLog, place: number): string {
  const flags = log.flags[place] as number;
  const length = log.length[place] as number;
  const size = length === 1 ? '1 byte' : `${withSeparators(length)} bytes`;
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0 ? 'SYN-ACK' : 'SYN';
  if ((flags & RST) !== 0) return 'RST';
  if ((flags & FIN) !== 0) return length > 0 ? `FIN with ${size}` : 'FIN';
  return length > 0 ? size : 'ACK';
}

export const withSeparators = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
