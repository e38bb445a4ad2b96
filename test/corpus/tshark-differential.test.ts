import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProposalRecord, SessionRecord } from '../../src/session/record.ts';
import { CORPUS_NEEDED, corpusFiles, corpusPath, recordsOf, WITHOUT_CORPUS } from './corpus.ts';
import { payloadBytes, TSHARK_NEEDED, type TsharkRow, tsharkRows, WITHOUT_TSHARK } from './tshark.ts';

const SHIPPED = path.join(import.meta.dirname, '../../captures');
const isCapture = (name: string): boolean => /\.(pcap|pcapng|cap)$/.test(name);

/** The eight lists that tshark has fields for, in its order. */
function lists(proposal: ProposalRecord): string[] {
  return [
    proposal.kexAlgorithms,
    proposal.serverHostKeyAlgorithms,
    proposal.encryptionClientToServer,
    proposal.encryptionServerToClient,
    proposal.macClientToServer,
    proposal.macServerToClient,
    proposal.compressionClientToServer,
    proposal.compressionServerToClient,
  ].map((names) => names.join(','));
}

/** Differences between a record and tshark's rows of the same conversation, as sentences. */
function differences(record: SessionRecord, rows: readonly TsharkRow[]): string[] {
  const found: string[] = [];
  const differ = (what: string, ours: unknown, theirs: unknown): void => {
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
      found.push(
        `session ${record.session} ${what}: ${JSON.stringify(ours)}, tshark ${JSON.stringify(theirs)}`,
      );
    }
  };
  for (const side of ['client', 'server'] as const) {
    const endpoint = record[side];
    const own = rows.filter((row) => row.source === endpoint.address && row.sourcePort === endpoint.port);
    const count = side === 'client' ? record.packets.clientToServer : record.packets.serverToClient;
    differ(`${side} packets`, count, own.length);
    const bytes = side === 'client' ? record.bytes.clientToServer : record.bytes.serverToClient;
    if (record.bytes.missed === 0) differ(`${side} bytes`, bytes, payloadBytes(own));
    if (endpoint.identification !== undefined) {
      // tshark calls an identification string "protocol", and text lines before it too: the last one counts.
      const protocols = own.map((row) => row.protocol.replaceAll('\\r', '').replaceAll('\\n', '').trimEnd());
      const claimed = protocols.filter((text) => text.startsWith('SSH-'));
      if (claimed.length > 0) differ(`${side} identification`, endpoint.identification.trimEnd(), claimed[0]);
    }
    const proposal = record.kex?.[side];
    const kexInit = own.find((row) => row.lists.some((list) => list !== ''));
    if (proposal !== undefined && kexInit !== undefined)
      differ(`${side} proposal`, lists(proposal), kexInit.lists);
  }
  return found;
}

async function compare(file: string, ports: readonly number[]): Promise<string[]> {
  const records = await recordsOf(file, { ports });
  const rows = tsharkRows(file, ports);
  const streams = new Map<number, TsharkRow[]>();
  for (const row of rows) streams.set(row.stream, [...(streams.get(row.stream) ?? []), row]);
  const found: string[] = [];
  for (const record of records) {
    const stream = [...streams.values()].find((candidate) => candidate[0]?.frame === record.packets.first);
    if (stream === undefined)
      found.push(`session ${record.session}: tshark has no stream from packet ${record.packets.first}`);
    else found.push(...differences(record, stream));
  }
  if (records.length !== streams.size)
    found.push(`${records.length} sessions, tshark ${streams.size} streams`);
  return found;
}

describe.skipIf(WITHOUT_TSHARK)(`shipped captures beside tshark${TSHARK_NEEDED}`, () => {
  it.each(readdirSync(SHIPPED).filter(isCapture))('%s', async (name) => {
    expect(await compare(path.join(SHIPPED, name), [22])).toEqual(KNOWN[name] ?? []);
  });
});

describe.skipIf(WITHOUT_TSHARK || WITHOUT_CORPUS)(
  `captures of others beside tshark${TSHARK_NEEDED}${CORPUS_NEEDED}`,
  () => {
    const folders = ['public', 'lab', 'corpus/ssh'];
    const files = folders.flatMap((folder) =>
      corpusFiles(folder)
        .filter(isCapture)
        .map((name) => `${folder}/${name}`),
    );
    it.each(files)('%s', async (name) => {
      expect(await compare(corpusPath(name), [22])).toEqual(KNOWN[name] ?? []);
    });
  },
);

/** Where tshark and sshfate differ and why: looked up in the packets. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // tshark opens sFlow samples, which are copies of packets seen elsewhere and no tunnel.
  'corpus/ssh/the-tcpdump-group+tcpdump__sflow_expanded.pcap': ['0 sessions, tshark 1 streams'],
};
