import { describe, expect, it } from 'vitest';
import {
  CORPUS_NEEDED,
  closesOf,
  corpusFiles,
  corpusPath,
  readJson,
  recordsOf,
  WITHOUT_CORPUS,
} from './corpus.ts';

/** One connection as an independent reassembly saw it. */
interface Facts {
  readonly client: string;
  readonly server: string;
  readonly first: number;
  readonly cpk: number;
  readonly spk: number;
  readonly cbytes: number;
  readonly sbytes: number;
  readonly cmiss: number;
  readonly smiss: number;
  readonly cid: string | null;
  readonly sid: string | null;
  readonly stage: string;
  readonly ending: string;
  readonly zstate: string;
  readonly communityId: string;
  readonly hassh?: string;
  readonly hasshServer?: string;
  readonly hostKeyType?: string;
}

/** The collector's words for how far a connection came, and the stages that mean the same. */
const STAGES: Readonly<Record<string, readonly string[]>> = {
  'syn-only': ['syn'],
  'syn-ack-unanswered': ['syn-ack'],
  'tcp-open-no-data': ['tcp'],
  'ident-client': ['tcp'],
  'data-not-ssh': ['tcp'],
  'ident-server': ['banner'],
  'ident-both': ['banner'],
  'kexinit-client': ['kex'],
  kex: ['kex'],
  'encrypted-one-side-newkeys': ['kex'],
  newkeys: ['auth', 'session'],
  encrypted: ['auth', 'session'],
  ssh1: ['banner', 'kex', 'auth'],
  'no-syn-no-data': ['unknown'],
  'mid-stream-data': ['unknown'],
  'mid-stream-data+gap': ['unknown'],
};

const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));

describe.skipIf(WITHOUT_CORPUS)(`SSH captures with independent facts${CORPUS_NEEDED}`, () => {
  const captures = corpusFiles('corpus/ssh', '.facts.json').map((name) =>
    name.slice(0, -'.facts.json'.length),
  );

  it.each(captures)('%s', async (capture) => {
    const all = readJson<Facts[]>('corpus/ssh', `${capture}.facts.json`);
    const ports = [...new Set(all.map((facts) => portOf(facts.server)))];
    const records = await recordsOf(corpusPath('corpus/ssh', capture), { ports });
    for (const facts of all) {
      const record = records.find((r) => r.packets.first === facts.first);
      expect(record, `a session from packet ${facts.first}`).toBeDefined();
      if (record === undefined) continue;
      expect({
        packet: facts.first,
        client: `${record.client.address}:${record.client.port}`,
        server: `${record.server.address}:${record.server.port}`,
        packets: [record.packets.clientToServer, record.packets.serverToClient],
        bytes: [record.bytes.clientToServer, record.bytes.serverToClient],
        missed: record.bytes.missed,
        identification: [record.client.identification ?? null, record.server.identification ?? null],
        connState: record.tcp.connState,
        communityId: record.communityId,
        hassh: record.client.hassh,
        hasshServer: record.server.hasshServer,
        closes: closesOf(record) || 'none(open at last packet)',
        stage: STAGES[facts.stage]?.includes(record.observed.stage) ? facts.stage : record.observed.stage,
      }).toEqual({
        packet: facts.first,
        client: facts.client,
        server: facts.server,
        packets: [facts.cpk, facts.spk],
        bytes: [facts.cbytes, facts.sbytes],
        missed: facts.cmiss + facts.smiss,
        identification: [facts.cid, facts.sid],
        connState: facts.zstate,
        communityId: facts.communityId,
        hassh: facts.hassh,
        hasshServer: facts.hasshServer,
        closes: facts.ending,
        stage: facts.stage,
      });
    }
  });
});
