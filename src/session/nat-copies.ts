import type { Connection } from '../tcp/connection.ts';
import type { ServerNotes } from './server-notes.ts';

/** Connections begun last among which a copy is looked for, a power of two: it follows its original at once. */
const LATEST = 8;

/** A host that translates hands a packet on in less. */
const COPY_NS = 1e6;

/**
 * Finds connections that a capture holds twice, on both sides of a NAT: no other client begins with the same of four billion
 * numbers in that moment. The original is what began first: answers come to the other one first.
 */
export class NatCopies {
  /** Of the connections begun last: the number that the client began with, when, and whose they are. */
  private readonly sequences = new Int32Array(LATEST);
  private readonly beginsNs = new Float64Array(LATEST);
  private readonly clients = new Int32Array(LATEST);
  private readonly notes: (ServerNotes | undefined)[] = new Array(LATEST).fill(undefined);
  private readonly connections: (Connection | undefined)[] = new Array(LATEST).fill(undefined);
  private next = 0;

  /**
   * What is a copy now that a connection with this server begins: the connection itself, or one that is noted as open there
   * and began later; undefined for none.
   */
  found(connection: Connection, notes: ServerNotes): Connection | undefined {
    const { client, firstNs } = connection;
    const { initialSequence } = client;
    if (initialSequence === 0) return undefined;
    for (let i = 0; i < LATEST; i++) {
      if (this.sequences[i] !== initialSequence || this.notes[i] !== notes) continue;
      const laterNs = firstNs - (this.beginsNs[i] as number);
      // Scanners begin all their connections with the same number.
      if (Math.abs(laterNs) >= COPY_NS || this.clients[i] === hashOfClient(connection)) continue;
      const other = laterNs >= 0 ? undefined : this.openAt(i, notes);
      if (other === undefined) return connection;
      this.remember(i, connection, notes);
      return other;
    }
    this.remember(this.next, connection, notes);
    this.next = (this.next + 1) & (LATEST - 1);
    return undefined;
  }

  private remember(at: number, connection: Connection, notes: ServerNotes): void {
    this.sequences[at] = connection.client.initialSequence;
    this.beginsNs[at] = connection.firstNs;
    this.clients[at] = hashOfClient(connection);
    this.notes[at] = notes;
    this.connections[at] = connection;
  }

  /** One of the latest, while it is open and not noted as over. */
  private openAt(at: number, notes: ServerNotes): Connection | undefined {
    const other = this.connections[at];
    if (other === undefined || other.serverNotes !== notes || other.isNoted || other.openPosition < 0)
      return undefined;
    // The object may serve another connection by now.
    const isSame = other.firstNs === this.beginsNs[at] && other.client.initialSequence === this.sequences[at];
    return isSame ? other : undefined;
  }
}

const hashOfClient = ({
  clientAddress0: a,
  clientAddress1: b,
  clientAddress2: c,
  clientAddress3: d,
}: Connection): number => (Math.imul(Math.imul(Math.imul(a, 31) + b, 31) + c, 31) + d) | 0;
