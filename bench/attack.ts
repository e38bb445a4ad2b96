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
const DURATION_US = 20 * 60e6;

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
    // The attack comes in waves, between a third of and twice its mean rate.
    const wave = 1 + 0.6 * Math.sin((n / sessions) * 40);
    startUs += ((DURATION_US / 95_000) * wave * (random() & 0xffff)) / 0x8000;
    const client = random() % CLIENT_ADDRESSES;
    return new SshConnection({
      startUs,
      roundTripUs: 4_000 + client * 500,
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
    { from: 'server', content: 80, roundTrips: 0, thinkUs: 600_000 },
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
