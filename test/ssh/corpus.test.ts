import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/record.ts';
import {
  CORPUS_NEEDED,
  corpusFiles,
  corpusPath,
  readJson,
  recordsOf,
  WITHOUT_CORPUS,
} from '../corpus/corpus.ts';

if (WITHOUT_CORPUS) console.warn('SSHFATE_CORPUS is not set: nothing is compared with tshark and Zeek.');

/** Two other programs that read the same captures: tshark, and Zeek's SSH analyser. */

interface TsharkFacts {
  readonly first: number;
  readonly server: string;
  readonly hostKeyType?: string;
  readonly cmsg: readonly string[];
  readonly smsg: readonly string[];
  readonly cmiss: number;
  readonly smiss: number;
}

/** The numbers of messages in clear, by the collector's names. */
const NUMBERS: Readonly<Record<string, number>> = {
  IGNORE: 2,
  UNIMPL: 3,
  EXT_INFO: 7,
  KEXINIT: 20,
  NEWKEYS: 21,
  KEX30: 30,
  KEX31: 31,
  KEX32: 32,
  KEX33: 33,
  KEX34: 34,
};

/** The side that sent the SYN is the SSH server, and has the host key. */
const isReversed = (record: SessionRecord | undefined): boolean =>
  record?.kex?.messages.some(({ from, name }) => from === 'client' && name.endsWith('_REPLY')) ?? false;

const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));

describe.skipIf(WITHOUT_CORPUS)(`what tshark sees in clear${CORPUS_NEEDED}`, () => {
  const captures = corpusFiles('corpus/ssh', '.facts.json').map((name) =>
    name.slice(0, -'.facts.json'.length),
  );
  const unread = /solaris\.snoop|\.erf$|sflow_expanded/;

  it.each(captures.filter((name) => !unread.test(name)))('%s', async (capture) => {
    const all = readJson<TsharkFacts[]>('corpus/ssh', `${capture}.facts.json`);
    const ports = [...new Set(all.map(({ server }) => portOf(server)))];
    const records = await recordsOf(corpusPath('corpus/ssh', capture), { ports });
    for (const facts of all) {
      const record = records.find(({ packets }) => packets.first === facts.first);
      if (facts.hostKeyType !== undefined && !isReversed(record)) {
        expect(record?.server.hostKey?.algorithm, `packet ${facts.first}`).toBe(facts.hostKeyType);
      }
      // With bytes missing, and after messages that are cut off or have no name there, the two stop at other places.
      const known = [...facts.cmsg, ...facts.smsg].every((name) => NUMBERS[name] !== undefined);
      if (!known || facts.cmiss + facts.smiss > 0) continue;
      const ours = (from: 'client' | 'server'): string[] =>
        record?.kex?.messages.filter((message) => message.from === from).map(({ name }) => name) ?? [];
      if (record?.kex?.messages.some(({ name }) => /SMSG_PUBLIC_KEY|CMSG_SESSION_KEY/.test(name))) continue;
      const names = { client: ours('client'), server: ours('server') };
      if (names.client.length + names.server.length === 0) continue;
      expect(names.client.length, `client's messages of packet ${facts.first}`).toBe(facts.cmsg.length);
      expect(names.server.length, `server's messages of packet ${facts.first}`).toBe(facts.smsg.length);
    }
  });
});

/** A line of Zeek's ssh.log by the names of its fields; '-' is absent. */
type ZeekLine = Readonly<Record<string, string | undefined>>;

function zeekLog(text: string): ZeekLine[] {
  const lines: ZeekLine[] = [];
  let fields: readonly string[] = [];
  let inLog = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('#path')) inLog = line.endsWith('\tssh');
    else if (line.startsWith('#fields')) fields = line.split('\t').slice(1);
    else if (inLog && line.startsWith('X')) {
      const values = line.split('\t');
      lines.push(
        Object.fromEntries(fields.map((field, at) => [field, values[at] === '-' ? undefined : values[at]])),
      );
    } else if (line === '' || line.startsWith('=====')) inLog = false;
  }
  return lines;
}

/**
 * Where sizes tell more than Zeek's analyser takes from them, with the client's port. It compares the length of each
 * delivery with that of the first, and stays silent after a banner, EXT_INFO or a prompt that it does not expect.
 */
const MORE_THAN_ZEEK: Readonly<Record<string, string>> = {
  '51880': 'three refusals after a banner of 896 bytes with the first failure',
};

describe.skipIf(WITHOUT_CORPUS)(`what Zeek logs${CORPUS_NEEDED}`, () => {
  const captures = corpusFiles('corpus/ssh', '.expected.txt')
    .filter((name) => readFileSync(corpusPath('corpus/ssh', name), 'utf8').includes('#path\tssh\n'))
    .map((name) => name.slice(0, -'.expected.txt'.length));

  it.each(captures)('%s', async (capture) => {
    const log = zeekLog(readFileSync(corpusPath('corpus/ssh', `${capture}.expected.txt`), 'utf8'));
    const ports = [...new Set(log.map((line) => Number(line['id.resp_p'])))];
    const records = await recordsOf(corpusPath('corpus/ssh', capture), { ports });
    for (const line of log) {
      const record = records.find(
        ({ client, server }) =>
          String(client.port) === line['id.orig_p'] && String(server.port) === line['id.resp_p'],
      );
      expect(record, line['id.orig_p']).toBeDefined();
      if (record !== undefined) compare(line, record);
    }
  });
});

function compare(line: ZeekLine, record: SessionRecord): void {
  const where = `client port ${line['id.orig_p']}`;
  const negotiated = record.kex?.negotiated;
  // Zeek has one cipher and MAC a session, and names a MAC beside an AEAD cipher too.
  if (line.kex_alg !== undefined && negotiated !== undefined) {
    expect(negotiated.kex, where).toBe(line.kex_alg);
    expect(negotiated.cipher?.clientToServer, where).toBe(line.cipher_alg);
    expect(negotiated.compression?.clientToServer, where).toBe(line.compression_alg);
    expect(negotiated.hostKey, where).toBe(line.host_key_alg);
    if (negotiated.mac?.clientToServer !== '<implicit>') {
      expect(negotiated.mac?.clientToServer, where).toBe(line.mac_alg);
    }
  }
  if (line.auth_success === undefined || MORE_THAN_ZEEK[line['id.orig_p'] as string]) return;
  expect(record.auth?.result, where).toBe(line.auth_success === 'T' ? 'succeeded' : 'failed');
}
