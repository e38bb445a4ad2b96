import type { Connection } from './connection.ts';
import { ConnectionTable } from './connection-table.ts';
import { NONE, SynRepeats } from './syn-repeats.ts';
import { SynStore } from './syn-store.ts';

/*
 * Values of a table entry. Those above 0 are the place of its connection; those from LONE_SYN on downwards mean that there
 * is nothing but a SYN and its repeats: which end sent it, whether somebody has looked at it because it got no answer,
 * whether others know of it at the capture's end, and the last repeat.
 */

export const FREE = 0;
export const TOMBSTONE = -1;
const LONE_SYN = -2;
const OF_HIGH = 1;
export const SEEN = 2;
export const NOTED = 4;
const REPEATS = 8;

/** `marks`: SEEN and NOTED, or 0. */
export const loneSyn = (isOfLow: boolean, lastRepeat: number, marks: number): number =>
  LONE_SYN - ((isOfLow ? 0 : OF_HIGH) + marks + (lastRepeat + 1) * REPEATS);

export const isLoneSyn = (value: number): boolean => value <= LONE_SYN;

/** Of a value that is one. */
export const isSynOfLow = (value: number): boolean => ((LONE_SYN - value) & OF_HIGH) === 0;

export const isSeenSyn = (value: number): boolean => ((LONE_SYN - value) & SEEN) !== 0;

export const isNotedSyn = (value: number): boolean => ((LONE_SYN - value) & NOTED) !== 0;

export const isRepeatedSyn = (value: number): boolean => isLoneSyn(value) && lastRepeatOf(value) !== NONE;

/** NONE without repeats. */
export const lastRepeatOf = (value: number): number => Math.floor((LONE_SYN - value) / REPEATS) - 1;

/** The connections of one IP version. */
export class ConnectionStore {
  readonly table: ConnectionTable;
  /** By the value of their entry; place 0 stays empty, and those that are free are used again first. */
  readonly connections: (Connection | undefined)[] = [undefined];
  private readonly freePlaces: number[] = [];
  readonly syns = new SynStore();
  readonly repeats = new SynRepeats();

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

  /** When the SYN of an entry that is only one was sent last. */
  lastSynNs(entry: number): number {
    const last = lastRepeatOf(this.table.value(entry));
    return last === NONE ? this.syns.timeOf(entry) : this.repeats.timeOf(last);
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
