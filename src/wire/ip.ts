import { u8 } from '../bytes.ts';
import type { Cursor } from './cursor.ts';
import type { Next } from './layer.ts';

/** Raw IP: the version, which is the first nibble of both headers, says which it is. */
export function ip(cursor: Cursor): Next {
  if (!cursor.has(1)) return cursor.short();
  const version = u8(cursor.bytes, cursor.at) >> 4;
  if (version === 4) return 'ipv4';
  return version === 6 ? 'ipv6' : 'not-ip';
}
