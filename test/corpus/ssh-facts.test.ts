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
  newkeys: ['kex', 'auth', 'session'],
  encrypted: ['auth', 'session'],
  ssh1: ['banner', 'kex', 'auth'],
  'no-syn-no-data': ['unknown'],
  'mid-stream-data': ['unknown'],
  'mid-stream-data+gap': ['unknown'],
};

const CUT = {
  fields: ['bytes'],
  because: 'the snap length cut the payload: the facts count it as seen and as missing',
};

/** Fields in which the facts are wrong or mean another thing, with the reason, by capture. */
const DIFFERENCES: Readonly<
  Record<string, { readonly fields: readonly string[]; readonly because: string }>
> = {
  'RUB-NDS+Terrapin-Artifacts__rogue_session_attack.pcapng': {
    fields: ['bytes'],
    because: 'packet 50 is a retransmission that the facts count twice: the FIN is at offset 2741',
  },
  'stratosphereips+StratosphereLinuxIPS__malicious-ssh-bruteforce.pcap': {
    fields: ['bytes'],
    because: 'a retransmission of connection 355 is counted twice: the FIN is at offset 1744',
  },
  'zeek+zeek__ssh-dups.pcap': {
    fields: ['bytes'],
    because: 'the facts count all four copies of each packet',
  },
  'Zan00s+Network__ssh.pcap': {
    fields: ['connState'],
    because: 'both sides send FIN: Zeek’s own log has SF for such a stream, not OTH',
  },
  'corelight+hassh__ssh_zeek_test_pcaps.pcap': {
    fields: ['connState'],
    because: 'FIN, RST and then the FIN of the peer, which in Zeek turns the state back: SF, not RSTO',
  },
  'zeek+zeek__ssh_version_199.pcap': {
    fields: ['connState'],
    because: 'the same: client FIN 77, RST 79, server FIN 80',
  },
  'wanduow+libtrace__100_packets.pcap': CUT,
  'wanduow+libtrace__100_packets.pcapng': CUT,
  'wanduow+libtrace__100_packetsns.pcap': CUT,
  'wanduow+libtrace__100_seconds.pcap': CUT,
};

/** Not read or not opened, on purpose. */
const NOT_READ: Readonly<Record<string, string>> = {
  'seladb+PcapPlusPlus__solaris.snoop': 'snoop is no format of tcpdump',
  'wanduow+libtrace__100_packets.erf': 'ERF is no format of tcpdump',
  'the-tcpdump-group+tcpdump__sflow_expanded.pcap': 'sFlow samples are not a tunnel',
};

const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));

describe.skipIf(WITHOUT_CORPUS)(`SSH captures with independent facts${CORPUS_NEEDED}`, () => {
  const captures = corpusFiles('corpus/ssh', '.facts.json')
    .map((name) => name.slice(0, -'.facts.json'.length))
    .filter((name) => NOT_READ[name] === undefined);

  it.each(captures)('%s', async (capture) => {
    const all = readJson<Facts[]>('corpus/ssh', `${capture}.facts.json`);
    const ports = [...new Set(all.map((facts) => portOf(facts.server)))];
    const records = await recordsOf(corpusPath('corpus/ssh', capture), { ports });
    for (const facts of all) {
      const record = records.find((r) => r.packets.first === facts.first);
      expect(record, `a session from packet ${facts.first}`).toBeDefined();
      if (record === undefined) continue;
      const ours = {
        packet: facts.first,
        client: `${record.client.address}:${record.client.port}`,
        server: `${record.server.address}:${record.server.port}`,
        packets: [record.packets.clientToServer, record.packets.serverToClient],
        bytes: [record.bytes.clientToServer, record.bytes.serverToClient],
        missed: record.bytes.missed,
        identification: [record.client.identification ?? null, record.server.identification ?? null],
        connState: record.tcp.connState,
        communityId: record.communityId,
        hassh: facts.hassh === undefined ? undefined : record.client.hassh,
        hasshServer: facts.hasshServer === undefined ? undefined : record.server.hasshServer,
        closes: closesOf(record) || 'none(open at last packet)',
        stage: STAGES[facts.stage]?.includes(record.observed.stage) ? facts.stage : record.observed.stage,
      };
      const theirs = {
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
      };
      const left = DIFFERENCES[capture]?.fields ?? [];
      expect(without(ours, left)).toEqual(without(theirs, left));
    }
  });
});

function without(
  facts: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([name]) => !fields.includes(name)));
}
