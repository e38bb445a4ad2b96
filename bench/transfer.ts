import { ACK, CaptureWriter, PSH } from './capture-writer.ts';
import { CLIENTS, SERVERS } from './programs.ts';
import { noise, seededRandom } from './random.ts';
import { ciphertext, interleave, KEY_EXCHANGE, prepare, SshConnection, type Step } from './ssh-connection.ts';

const SESSIONS = 32;
const SEGMENT = 1448;
const SEGMENTS_PER_ACK = 2;

/** Service request and accept, a public key, its success, a channel and its confirmation: what stands before the bytes. */
const LOGIN: readonly Step[] = [
  { from: 'client', content: 44, roundTrips: 0, thinkUs: 400 },
  { from: 'server', content: 44, roundTrips: 0, thinkUs: 300 },
  { from: 'client', content: 68, roundTrips: 1, thinkUs: 200 },
  { from: 'server', content: 52, roundTrips: 0, thinkUs: 4_000 },
  { from: 'client', content: 500, roundTrips: 1, thinkUs: 500 },
  { from: 'server', content: 28, roundTrips: 0, thinkUs: 6_000 },
  { from: 'client', content: 112, roundTrips: 1, thinkUs: 300 },
  { from: 'server', content: 500, roundTrips: 0, thinkUs: 9_000 },
];
const LOGOUT: readonly Step[] = [
  { from: 'client', content: 36, roundTrips: 1, thinkUs: 300 },
  { from: 'client', content: 60, roundTrips: 0, thinkUs: 20 },
  { from: 'client', content: 'FIN', roundTrips: 0, thinkUs: 20 },
  { from: 'server', content: 'FIN', roundTrips: 0, thinkUs: 900 },
  { from: 'client', content: 'ACK', roundTrips: 1, thinkUs: 20 },
];

/** Copies of large files: few long sessions, full-size segments and their acknowledgements, half of them uploads. */
export function writeTransfer(path: string, bytes: number): void {
  const random = seededRandom(2);
  const writer = new CaptureWriter(path);
  const pool = ciphertext(random);
  const server = { address: 0xc6336401, program: prepare(SERVERS.openssh), hostKey: noise(random, 32) };
  const program = prepare(CLIENTS.openssh);
  const connections = Array.from(
    { length: SESSIONS },
    (_, n) =>
      new SshConnection({
        startUs: n * 100_000,
        roundTripUs: 20_000,
        client: { address: 0xcb007101 + n, port: 40_000 + n, program },
        server,
        steps: [...KEY_EXCHANGE, ...LOGIN],
        random,
        noise: pool,
      }),
  );
  interleaveAll(writer, connections);

  let nowUs = Math.max(...connections.map((connection) => connection.dueUs)) + 50_000;
  const perBurst = SESSIONS * (SEGMENTS_PER_ACK * (SEGMENT + 82) + 82);
  for (let written = 0; written < bytes; written += perBurst) {
    for (const [n, { client, server: host }] of connections.entries()) {
      const [sender, receiver] = n % 2 ? [client, host] : [host, client];
      for (let i = 0; i < SEGMENTS_PER_ACK; i++) {
        const at = random() % (pool.length - SEGMENT);
        writer.segment(
          nowUs,
          sender,
          receiver,
          i ? PSH | ACK : ACK,
          receiver.seq,
          pool.subarray(at, at + SEGMENT),
        );
        nowUs += 12;
      }
      writer.segment(nowUs, receiver, sender, ACK, sender.seq);
      nowUs += 4;
    }
  }

  for (const [n, connection] of connections.entries()) connection.continueWith(LOGOUT, nowUs + n * 1_000);
  interleaveAll(writer, connections);
  writer.close();
}

function interleaveAll(writer: CaptureWriter, connections: readonly SshConnection[]): void {
  const waiting = [...connections];
  interleave(writer, () => waiting.shift());
}
