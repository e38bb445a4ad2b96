import type { EndingRow, OpenRow } from '../report/live-picture.ts';
import type { Connection } from '../tcp/connection.ts';
import { addressText } from './endings.ts';

/** Addresses are looked for in all open sessions; what else is typed, only in the rows that are there. */
export function addressFilter(text: string): ((connection: Connection) => boolean) | undefined {
  if (!/^[\da-f.:[\]]+$/i.test(text) || !/[\d.:]/.test(text)) return undefined;
  const wanted = text.toLowerCase();
  // Most sessions have the server of the one before: a third less time with 65,000 of them.
  let server: Connection | undefined;
  let serverMatches = false;
  return (c) => {
    if (server === undefined || !hasServerOf(c, server)) {
      const words = [c.serverAddress0, c.serverAddress1, c.serverAddress2, c.serverAddress3] as const;
      serverMatches = addressText(c.ipVersion, words, c.serverPort).includes(wanted);
      server = c;
    }
    if (serverMatches) return true;
    const words = [c.clientAddress0, c.clientAddress1, c.clientAddress2, c.clientAddress3] as const;
    return addressText(c.ipVersion, words, c.clientPort).includes(wanted);
  };
}

function hasServerOf(a: Connection, b: Connection): boolean {
  return (
    a.serverAddress0 === b.serverAddress0 &&
    a.serverAddress3 === b.serverAddress3 &&
    a.serverAddress1 === b.serverAddress1 &&
    a.serverAddress2 === b.serverAddress2 &&
    a.serverPort === b.serverPort &&
    a.ipVersion === b.ipVersion
  );
}

/** What of a row a filter finds, in lower case. */
export function openText({ client, server, stage, awaits, software = '' }: OpenRow): string {
  return `${client} ${server} ${stage} ${awaits?.by ?? ''} ${awaits?.what ?? ''} ${software}`.toLowerCase();
}

/** The same of an ending. */
export function endingText({ client, server, fate, cause = '', endedBy }: EndingRow): string {
  return `${client} ${server} ${fate} ${cause} ${endedBy}`.toLowerCase();
}
