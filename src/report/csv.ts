import type { SessionRecord } from '../session/record.ts';
import { forCsv } from './escape.ts';
import type { Reporter, ReportOutput } from './reporter.ts';

type Value = string | number | undefined;

/** A record whose members are made when they are read: those that several columns need are read once. */
type Row = Pick<
  SessionRecord,
  'client' | 'server' | 'cause' | 'kex' | 'auth' | 'packets' | 'bytes' | 'tcp'
> & {
  readonly record: SessionRecord;
};

/** Columns of the CSV file. Their names are API: new ones are put at the end. */
export const CSV_COLUMNS: readonly (readonly [name: string, value: (row: Row) => Value])[] = [
  ['capture', (r) => r.record.capture],
  ['session', (r) => r.record.session],
  ['start', (r) => r.record.start],
  ['end', (r) => r.record.end],
  ['duration_ms', (r) => r.record.durationMs],
  ['client_address', (r) => r.client.address],
  ['client_port', (r) => r.client.port],
  ['server_address', (r) => r.server.address],
  ['server_port', (r) => r.server.port],
  ['fate', (r) => r.record.fate],
  ['stage', (r) => r.record.stage],
  ['ending', (r) => r.record.ending],
  ['ended_by', (r) => r.record.endedBy],
  ['certainty', (r) => r.record.certainty],
  ['reason', (r) => r.record.reason],
  ['cause', (r) => r.cause?.id],
  ['confidence', (r) => r.cause?.confidence],
  ['summary', (r) => r.cause?.summary],
  ['client_message', (r) => r.record.clientMessage],
  ['client_identification', (r) => r.client.identification],
  ['server_identification', (r) => r.server.identification],
  ['server_text', (r) => r.server.text?.join(' / ')],
  ['host_key', (r) => r.server.hostKey?.fingerprint],
  ['kex', (r) => r.kex?.negotiated?.kex],
  ['host_key_algorithm', (r) => r.kex?.negotiated?.hostKey],
  ['cipher_client_to_server', (r) => r.kex?.negotiated?.cipher?.clientToServer],
  ['cipher_server_to_client', (r) => r.kex?.negotiated?.cipher?.serverToClient],
  ['mismatch', (r) => r.kex?.mismatch?.category],
  ['auth_result', (r) => r.auth?.result],
  ['auth_attempts', (r) => r.auth?.attempts],
  ['first_packet', (r) => r.packets.first],
  ['last_packet', (r) => r.packets.last],
  ['packets_client_to_server', (r) => r.packets.clientToServer],
  ['packets_server_to_client', (r) => r.packets.serverToClient],
  ['bytes_client_to_server', (r) => r.bytes.clientToServer],
  ['bytes_server_to_client', (r) => r.bytes.serverToClient],
  ['bytes_missed', (r) => r.bytes.missed],
  ['conn_state', (r) => r.tcp.connState],
  ['history', (r) => r.tcp.history],
  ['rtt_ms', (r) => r.tcp.rttMs],
  ['hassh', (r) => r.client.hassh],
  ['hassh_server', (r) => r.server.hasshServer],
  ['community_id', (r) => r.record.communityId],
];

/** One line a session under a line of column names; line ends are LF, quoting is RFC 4180's. */
export function csvReporter(output: ReportOutput): Reporter {
  output.write(line(CSV_COLUMNS.map(([name]) => name)));
  return {
    session(record) {
      const { client, server, cause, kex, auth, packets, bytes, tcp } = record;
      const row = { record, client, server, cause, kex, auth, packets, bytes, tcp };
      output.write(line(CSV_COLUMNS.map(([, value]) => value(row))));
    },
    capture: () => {},
    end: () => {},
  };
}

function line(values: readonly Value[]): string {
  return `${values.map(forCsv).join(',')}\n`;
}
