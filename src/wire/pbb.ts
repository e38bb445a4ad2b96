import { u32 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/*
 * Provider backbone bridging, IEEE 802.1Q §9.7, behind the type 0x88e7: 8 bits of flags and the 24-bit service
 * instance, then a whole Ethernet frame of the customer.
 */
const I_TAG_LENGTH = 4;
const SERVICE_MASK = 0x00ffffff;

export function pbb(cursor: Cursor): Next {
  if (!cursor.has(I_TAG_LENGTH)) return cursor.short();
  const service = u32(cursor.bytes, cursor.at) & SERVICE_MASK;
  cursor.at += I_TAG_LENGTH;
  return cursor.enterTunnel('pbb', service) ? 'ethernet' : 'too-deep';
}
