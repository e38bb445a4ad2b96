import type { SessionRecord } from '../session/record.ts';

/** What systems begin with: most with 64, Windows with 128, network devices and Solaris with 255. */
const INITIAL_HOP_LIMITS = [64, 128, 255] as const;
/** One way of the handshake is so much shorter than the other only where its end is at hand. */
const NEAR = 4;
/** Below this, milliseconds, both ends may be on one link or in one machine: time tells nothing. */
const SHORT_MS = 0.5;

/** Routers that a packet has crossed, if it began with one of the usual hop limits. */
export function routersCrossed(hopLimit: number): number {
  const initial = INITIAL_HOP_LIMITS.find((value) => hopLimit <= value) ?? 255;
  return initial - hopLimit;
}

/**
 * At whose end the capture was taken: on whose link, judged by the hop limits, and where these do not tell, by
 * which half of the handshake took the time. Undefined when neither tells.
 */
export function vantage(record: SessionRecord): 'client' | 'server' | 'between' | undefined {
  const client = record.tcp.hopLimits.client?.[0];
  const server = record.tcp.hopLimits.server?.[0];
  if (client === undefined || server === undefined) return undefined;
  const fromClient = routersCrossed(client);
  const fromServer = routersCrossed(server);
  if (fromClient === 0 && fromServer > 0) return 'client';
  if (fromServer === 0 && fromClient > 0) return 'server';
  if (fromClient > 0) return 'between';
  const { synAckMs, ackMs } = record.timing;
  if (synAckMs === undefined || ackMs === undefined || Math.max(synAckMs, ackMs) < SHORT_MS) return undefined;
  if (ackMs * NEAR < synAckMs) return 'client';
  return synAckMs * NEAR < ackMs ? 'server' : undefined;
}
