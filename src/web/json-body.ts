import type { Context } from 'hono';
import { type Environment, Refusal } from './service.ts';

/** Notes, a ticket's address, ids: none of them comes near. Also who has no token may send it. */
const MAX_BYTES = 256 * 1024;
const PATIENCE_MS = 20_000;

/**
 * The object in a request's body; an empty one for what is none.
 *
 * @throws Refusal for a body that is too large, or does not come to its end.
 */
export async function jsonBody(
  context: Context<Environment>,
  patienceMs = PATIENCE_MS,
): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readBody(context.req.raw.body, patienceMs);
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

async function readBody(body: ReadableStream<Uint8Array> | null, patienceMs: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void reader.cancel();
  }, patienceMs);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) throw new Refusal(408, 'too-slow', 'The request does not come to its end. Send it again.');
      if (done) return Buffer.concat(parts);
      length += value.length;
      if (length > MAX_BYTES) {
        throw new Refusal(413, 'too-large', `The request has more than ${MAX_BYTES} bytes. Send less.`);
      }
      parts.push(value);
    }
  } finally {
    clearTimeout(timer);
    reader.releaseLock();
  }
}
