import { CaptureWriter } from './capture-writer.ts';
import { CLIENTS, SERVERS } from './programs.ts';
import { noise, seededRandom } from './random.ts';
import {
  ciphertext,
  interleave,
  KEY_EXCHANGE,
  prepare,
  type Server,
  SshConnection,
  type Step,
} from './ssh-connection.ts';

const CLIENT_ADDRESSES = 300;
const SERVER_PROGRAMS = [
  SERVERS.dropbear,
  SERVERS.dropbear,
  SERVERS.hardened,
  SERVERS.dropbear,
  SERVERS.openssh,
];
/** Sessions a second, so that the full attack lasts about 20 minutes. */
const MEAN_RATE = 130;
const SWING = 0.8;

/**
 * A password-guessing attack: short sessions from many clients to a few servers, each with a whole key exchange, one to
 * three wrong passwords and the client's goodbye; 20 to 200 of them at a time.
 */
export function writeAttack(path: string, sessions: number): void {
  const random = seededRandom(1);
  const writer = new CaptureWriter(path);
  const pool = ciphertext(random);
  const servers: readonly Server[] = SERVER_PROGRAMS.map((program, i) => ({
    address: 0xc6336401 + i,
    program: prepare(program),
    hostKey: noise(random, 32),
  }));
  const [libssh, go, openssh] = [CLIENTS.libssh, CLIENTS.go, CLIENTS.openssh].map(prepare);
  if (!libssh || !go || !openssh) throw new Error('programs.ts lacks a client');
  const programs = [libssh, libssh, libssh, libssh, libssh, libssh, libssh, libssh, go, openssh];
  const scripts = [attempts(1), attempts(2), attempts(3)];

  const ports = new Uint16Array(CLIENT_ADDRESSES).fill(32_768);
  let admitted = 0;
  let startUs = 0;
  interleave(writer, () => {
    if (admitted === sessions) return undefined;
    const n = admitted++;
    // The attack comes in waves, between a fifth of and almost twice its mean rate.
    const rate = MEAN_RATE * (1 + SWING * Math.sin((n / sessions) * 40));
    startUs += ((random() & 0xffff) / 0x8000 / rate) * 1e6;
    const client = random() % CLIENT_ADDRESSES;
    return new SshConnection({
      startUs,
      roundTripUs: 4_000 + client * 250,
      client: {
        address: 0xcb007100 + client * 7,
        // Each address counts its own ports: no 4-tuple comes twice.
        port: Atomics.add(ports, client, 1),
        program: programs[client % programs.length] ?? libssh,
      },
      server: servers[n % servers.length] as Server,
      steps: scripts[random() % scripts.length] as readonly Step[],
      random,
      noise: pool,
    });
  });
  writer.close();
}

/** Packet lengths are those of aes-ctr with hmac-sha2-256: service request, then passwords. */
function attempts(count: number): readonly Step[] {
  const password: readonly Step[] = [
    { from: 'client', content: 96, roundTrips: 0, thinkUs: 5_000 },
    { from: 'server', content: 'ACK', roundTrips: 0, thinkUs: 40_000 },
    { from: 'server', content: 80, roundTrips: 0, thinkUs: 120_000 },
    { from: 'client', content: 'ACK', roundTrips: 1, thinkUs: 40_000 },
  ];
  return [
    ...KEY_EXCHANGE,
    { from: 'client', content: 64, roundTrips: 0, thinkUs: 400 },
    { from: 'server', content: 64, roundTrips: 0, thinkUs: 300 },
    { from: 'client', content: 'ACK', roundTrips: 1, thinkUs: 40_000 },
    ...Array.from({ length: count }, () => password).flat(),
    { from: 'client', content: 'FIN', roundTrips: 0, thinkUs: 300 },
    { from: 'server', content: 'FIN', roundTrips: 0, thinkUs: 900 },
    { from: 'client', content: 'ACK', roundTrips: 1, thinkUs: 20 },
  ];
}
