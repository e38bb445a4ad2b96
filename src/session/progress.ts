import { SERVER } from '../ssh/conversation-api.ts';
import type { Connection } from '../tcp/connection.ts';

export const ANSWERED = 1;

export const IDENTIFIED = 2;

const KEYED = 4;

export const AUTHENTICATED = 8;

/** By whom and how it was closed first: 0 not at all, else one of four. */
const CLOSE = 16;

/**
 * How far a session has come and how it was closed, as the bits above. Looked at again only after another packet: a busy
 * server has hundreds of open sessions, and each that ends asks all of them (measured: a fifth of an attack's time).
 */
export function progressOf(connection: Connection): number {
  if (connection.progressPacket === connection.lastPacket) return connection.progress;
  const { ssh } = connection;
  const server = ssh.sides[SERVER];
  connection.progressPacket = connection.lastPacket;
  connection.progress =
    firstClose(connection) * CLOSE +
    (connection.server.synCount > 0 ? ANSWERED : 0) +
    (server.identification !== undefined ? IDENTIFIED : 0) +
    (server.newKeys !== undefined ? KEYED : 0) +
    (ssh.authentication.success !== undefined ? AUTHENTICATED : 0);
  return connection.progress;
}

function firstClose({ client, server }: Connection): number {
  let first = Number.POSITIVE_INFINITY;
  let how = 0;
  for (let kind = 1; kind <= 4; kind++) {
    const half = kind <= 2 ? client : server;
    const packet = (kind & 1) === 1 ? half.finPacket : half.rstPacket;
    if (packet > 0 && packet < first) {
      first = packet;
      how = kind;
    }
  }
  return how;
}

export const isAnswered = (connection: Connection): boolean => (progressOf(connection) & ANSWERED) !== 0;

export const isIdentified = (connection: Connection): boolean => (progressOf(connection) & IDENTIFIED) !== 0;

export const isAuthenticated = (connection: Connection): boolean =>
  (progressOf(connection) & AUTHENTICATED) !== 0;

/** Enough of how a connection ended to tell whether two ended alike, without judging them. */
export const endOf = (connection: Connection): number => progressOf(connection) & ~ANSWERED;
