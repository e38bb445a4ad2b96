import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/session/record.ts';
import { CORPUS_NEEDED, corpusFiles, corpusPath, recordsOf, WITHOUT_CORPUS } from './corpus.ts';

/**
 * What Zeek's own tests expect in conn.log for captures of any TCP protocol: conn_state, history and the bytes of
 * both sides.
 */
const FOLDERS = ['corpus/tcp-oracle', 'corpus/ssh'];
const SUFFIX = '.expected.txt';

/** conn_state, history, orig_bytes and resp_bytes of one connection; '-' where Zeek tells none. */
type Row = readonly [client: string, server: string, state: string];

interface Difference {
  /** Rows of Zeek that have no session of their own. */
  readonly zeek: readonly string[];
  /** What there is instead, as 'client state'; empty when there is no session. */
  readonly ours: readonly string[];
}

/** Where the packets say something else than Zeek, or Zeek draws the line between connections elsewhere. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  // The same SYN again after a reset (Windows does that): one attempt of the client, three connections for Zeek.
  'zeek+zeek__pop3.pcap': {
    zeek: [
      '192.168.0.4:26242 REJ Sr 0 0',
      '192.168.0.4:26242 REJ Sr 0 0',
      '192.168.0.4:26245 REJ Sr 0 0',
      '192.168.0.4:26245 REJ Sr 0 0',
    ],
    ours: [],
  },
  // X: an analyser of Zeek gave up. No segment shows that.
  'zeek+zeek__fake-long-commands.pcap': {
    zeek: ['127.0.0.1:58634 SF ShAdDaXFf 358 313'],
    ours: ['127.0.0.1:58634 SF ShAdDaFf 358 313'],
  },
  'zeek+zeek__gtp2_different_udp_port.pcap': {
    zeek: ['10.131.17.170:51803 S3 ShADadXf 1138 63424'],
    ours: ['10.131.17.170:51803 S3 ShADadf 1138 63424'],
  },
  // Five ACKs of the server are padded to 46 bytes, and the IP length says so too. The PPPoE length says that the
  // padding is none of theirs, and is right; Zeek takes it for payload, whose repetition is its 't' before the FIN.
  'zeek+zeek__pppoe-over-qinq.pcap': {
    zeek: ['1.1.1.1:20394 SF ShADdtaTTtFf 11352 4984'],
    ours: ['1.1.1.1:20394 SF ShADdtaTTFft 11352 4984'],
  },
  // Zeek gives up after 5 min of silence, if it is not told to expire no timers (the row that fits).
  'zeek+zeek__retransmit-timeout.pcapng': {
    zeek: ['10.0.0.1:51889 OTH D - -', '10.0.0.1:51889 OTH Da 18 0'],
    ours: [],
  },
  // Its only packet is a SYN-ACK whose header is cut within the options: nothing for Zeek.
  'zeek+zeek__vntag_vlan_sandwich_clean.pcap': {
    zeek: ['10.10.10.1:443 OTH - - -'],
    ours: ['10.10.10.2:56960 OTH ^h 0 0'],
  },
  // Encapsulations that are not opened: AYIYA and Teredo.
  'zeek+zeek__ayiya3.pcap': { zeek: ['[2001:4978:f:4c::2]:53382 S1 ShADad 2981 4665'], ours: [] },
  'zeek+zeek__teredo_bubble_with_payload.pcap': {
    zeek: ['[2001:0:4137:9e50:8000:f12a:b9c8:2815]:1286 S1 ShADad 1675 10467'],
    ours: [],
  },
  // Without the server's packets Zeek ends a connection 5 s after the SYN and starts another.
  'zeek+zeek__ssh.client-side-half-duplex.pcap': {
    zeek: [
      '192.168.1.32:41164 S0 SAD 5335 0',
      '192.168.1.32:41164 SH DAF 752 0',
      '192.168.1.79:51880 S0 SAD 2493 0',
      '192.168.1.79:51880 SH DAF 176 0',
      '192.168.2.1:56594 S0 SAD 428 0',
      '192.168.2.1:56594 SH DAF 52 0',
      '192.168.2.1:56875 S0 SAD 484 0',
      '192.168.2.1:56875 SH ADF 104 0',
      '192.168.2.1:57189 S0 SAD 4453 0',
      '192.168.2.1:57189 SH DAF 800 0',
    ],
    ours: [
      '192.168.1.32:41164 SH SADF 6087 0',
      '192.168.1.79:51880 SH SADF 2669 0',
      '192.168.2.1:56594 SH SADF 480 0',
      '192.168.2.1:56875 SH SADF 588 0',
      '192.168.2.1:57189 SH SADF 5253 0',
    ],
  },
};

/** The rows of every conn.log of a capture: several tests of Zeek may read it. */
function connLogs(file: string): Row[][] {
  const logs: Row[][] = [];
  for (const part of readFileSync(file, 'utf8').split(/^===== source.*$/m)) {
    const lines = part.split('\n');
    const names =
      lines
        .find((line) => line.startsWith('#fields'))
        ?.split('\t')
        .slice(1) ?? [];
    if (!names.includes('resp_bytes') || !names.includes('id.resp_p') || !names.includes('proto')) continue;
    const rows = lines
      .filter((line) => line.includes('\t') && !line.startsWith('#'))
      .map((line) => new Map(line.split('\t').map((value, i) => [names[i], value])))
      .filter((row) => row.get('proto') === 'tcp')
      .map((row): Row => {
        const state = ['conn_state', 'history', 'orig_bytes', 'resp_bytes'].map((name) => row.get(name));
        return [
          endpoint(row.get('id.orig_h'), row.get('id.orig_p')),
          endpoint(row.get('id.resp_h'), row.get('id.resp_p')),
          state.join(' '),
        ];
      });
    if (rows.length > 0) logs.push(rows);
  }
  return logs;
}

function endpoint(address: string | undefined, port: string | number | undefined): string {
  return address?.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function rowOf(record: SessionRecord): Row {
  const { client, server, tcp, bytes } = record;
  return [
    endpoint(client.address, client.port),
    endpoint(server.address, server.port),
    `${tcp.connState} ${tcp.history} ${bytes.clientToServer} ${bytes.serverToClient}`,
  ];
}

/** Whether a session is what Zeek says; it tells no bytes of a connection of one packet. */
const fits = (zeek: Row, ours: Row): boolean =>
  zeek[0] === ours[0] && zeek[1] === ours[1] && zeek[2] === hideBytes(ours[2], zeek[2]);

const hideBytes = (ours: string, zeek: string): string =>
  zeek.endsWith(' - -') ? ours.replace(/ \d+ \d+$/, ' - -') : ours;

const show = (row: Row): string => `${row[0]} ${row[2]}`;

describe.skipIf(WITHOUT_CORPUS)(`Captures with Zeek’s conn.log${CORPUS_NEEDED}`, () => {
  const captures = FOLDERS.flatMap((folder) =>
    corpusFiles(folder, SUFFIX)
      .map((name) => ({
        folder,
        name: name.slice(0, -SUFFIX.length),
        logs: connLogs(corpusPath(folder, name)),
      }))
      .filter((capture) => capture.logs.length > 0),
  );

  it('are there', () => {
    expect(captures.length).toBeGreaterThanOrEqual(30);
  });

  it.each(captures)('$name', async ({ folder, name, logs }) => {
    const ports = [...new Set(logs.flat().map((row) => Number(row[1].slice(row[1].lastIndexOf(':') + 1))))];
    const sessions = (await recordsOf(corpusPath(folder, name), { ports })).map(rowOf);
    const inNoLog = new Set(sessions);
    const withoutSession: string[] = [];
    for (const rows of logs) {
      const left = [...sessions];
      for (const row of rows) {
        const at = left.findIndex((session) => fits(row, session));
        if (at < 0) withoutSession.push(show(row));
        else for (const session of left.splice(at, 1)) inNoLog.delete(session);
      }
    }
    const expected = DIFFERENCES[name] ?? { zeek: [], ours: [] };
    expect({ zeek: withoutSession.sort(), ours: [...inNoLog].map(show).sort() }).toEqual(expected);
  });
});

describe.skipIf(WITHOUT_CORPUS)(`Captures with what Zeek says of resets${CORPUS_NEEDED}`, () => {
  it.each([
    ['zeek+zeek__single-rst.pcap', 80, 'OTH', 'R'],
    ['zeek+zeek__syn-then-ack-then-rst.pcap', 31313, 'RSTOS0', 'SaR'],
    ['zeek+zeek__syn-then-stuff-then-rst.pcap', 31313, 'OTH', 'SaFR'],
  ])('%s', async (name, port, connState, history) => {
    const records = await recordsOf(corpusPath('corpus/tcp-oracle', name), { ports: [port] });
    expect(records.map((record) => [record.tcp.connState, record.tcp.history])).toEqual([
      [connState, history],
    ]);
  });
});

describe.skipIf(WITHOUT_CORPUS)(`Captures with Community IDs${CORPUS_NEEDED}`, () => {
  interface Baseline {
    readonly proto: number;
    readonly saddr: string;
    readonly daddr: string;
    readonly sport: number;
    readonly dport: number;
    readonly communityid: string;
  }
  const TCP = 6;

  it.each(['combined', 'ipv6'])('%s.pcap of the specification', async (name) => {
    const capture = corpusPath('corpus/tcp-oracle', `corelight+community-id-spec__${name}.pcap`);
    const text = readFileSync(`${capture}${SUFFIX}`, 'utf8');
    // Baselines of all captures of the specification, first those with the default seed.
    const [defaultSeed = '[]'] = text.split('\n').filter((line) => line.startsWith('['));
    const baseline = (JSON.parse(defaultSeed) as Baseline[]).filter((one) => one.proto === TCP);
    const records = await recordsOf(capture, { ports: baseline.map((one) => one.dport) });
    expect(records.length).toBeGreaterThan(0);
    for (const { client, server, communityId } of records) {
      const same = baseline.find(
        (one) =>
          one.saddr === client.address &&
          one.sport === client.port &&
          one.daddr === server.address &&
          one.dport === server.port,
      );
      expect({ client, communityId }).toEqual({ client, communityId: same?.communityid });
    }
  });
});
