import type { Connection } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { SynStore } from './syn-store.ts';

/** Values of a table entry; those above are the place of its connection. */
export const FREE = 0;
export const ONLY_SYN_OF_LOW = -1;
export const ONLY_SYN_OF_HIGH = -2;
/** The same, and somebody has looked at it because it got no answer. */
export const SEEN_SYN_OF_LOW = -5;
export const SEEN_SYN_OF_HIGH = -6;
export const TOMBSTONE = -3;

export const isUnseenSyn = (value: number): boolean =>
  value === ONLY_SYN_OF_LOW || value === ONLY_SYN_OF_HIGH;
export const isOnlySyn = (value: number): boolean =>
  isUnseenSyn(value) || value === SEEN_SYN_OF_LOW || value === SEEN_SYN_OF_HIGH;

/** The connections of one IP version. */
export class ConnectionStore {
  readonly table: ConnectionTable;
  /** By the value of their entry; place 0 stays empty, and those that are free are used again first. */
  readonly connections: (Connection | undefined)[] = [undefined];
  private readonly freePlaces: number[] = [];
  readonly syns = new SynStore();

  constructor(width: 3 | 9) {
    this.table = new ConnectionTable(width);
  }

  connectionOf(entry: number): Connection | undefined {
    const value = this.table.value(entry);
    return value > 0 ? this.connections[value] : undefined;
  }

  keep(entry: number, connection: Connection): void {
    const place = this.freePlaces.pop() ?? this.connections.length;
    if (place === this.connections.length) this.connections.push(connection);
    else this.connections[place] = connection;
    this.table.setValue(entry, place);
  }

  /** In the order of their entries. */
  live(): Connection[] {
    const connections: Connection[] = [];
    for (let entry = 0; entry < this.table.end; entry++) {
      const connection = this.connectionOf(entry);
      if (connection !== undefined) connections.push(connection);
    }
    return connections;
  }

  /** What is left of a connection is its key. */
  drop(entry: number): void {
    this.leave(entry, TOMBSTONE);
  }

  /** Its entry has no connection any more, but this value. */
  leave(entry: number, value: number): void {
    const place = this.table.value(entry);
    this.connections[place] = undefined;
    this.freePlaces.push(place);
    this.table.setValue(entry, value);
  }

  /** Gives a connection its addresses and ports from the key. */
  readKey(entry: number, connection: Connection): void {
    const { keys, width, stride } = this.table;
    const words = (width - 1) / 2;
    const low = entry * stride;
    const high = low + words;
    const { clientIsLow } = connection;
    const client = clientIsLow ? low : high;
    const server = clientIsLow ? high : low;
    const ports = keys[high + words] as number;
    connection.clientPort = clientIsLow ? ports >>> 16 : ports & 0xffff;
    connection.serverPort = clientIsLow ? ports & 0xffff : ports >>> 16;
    connection.clientAddress0 = keys[client] as number;
    connection.serverAddress0 = keys[server] as number;
    if (words === 1) return;
    connection.clientAddress1 = keys[client + 1] as number;
    connection.clientAddress2 = keys[client + 2] as number;
    connection.clientAddress3 = keys[client + 3] as number;
    connection.serverAddress1 = keys[server + 1] as number;
    connection.serverAddress2 = keys[server + 2] as number;
    connection.serverAddress3 = keys[server + 3] as number;
  }
}
