import type { KexInit, Mismatch, MismatchCategory, Negotiation, Proposal } from './conversation-api.ts';
import { type KexFamily, kexFamily } from './key-exchange.ts';
import { type PacketShape, packetShape } from './packet-shape.ts';

/** What both proposals come to, and the sizes of the packets that follow from it. Shared by all equal pairs. */
export class Agreement implements Negotiation {
  readonly kex: string | undefined;
  readonly hostKey: string | undefined;
  readonly cipherClientToServer: string | undefined;
  readonly cipherServerToClient: string | undefined;
  readonly macClientToServer: string | undefined;
  readonly macServerToClient: string | undefined;
  readonly compressionClientToServer: string | undefined;
  readonly compressionServerToClient: string | undefined;
  readonly mismatch: Mismatch | undefined;
  readonly strict: boolean;
  readonly hybridPostQuantum: boolean | undefined;
  readonly #family: KexFamily | undefined;
  readonly #shapes: readonly [PacketShape | undefined, PacketShape | undefined];

  constructor(client: Proposal, server: Proposal) {
    this.kex = firstCommon(client.kexAlgorithms, server.kexAlgorithms);
    this.hostKey = firstCommon(client.serverHostKeyAlgorithms, server.serverHostKeyAlgorithms);
    this.cipherClientToServer = firstCommon(client.encryptionClientToServer, server.encryptionClientToServer);
    this.cipherServerToClient = firstCommon(client.encryptionServerToClient, server.encryptionServerToClient);
    this.macClientToServer = isAead(this.cipherClientToServer)
      ? IMPLICIT_MAC
      : firstCommon(client.macClientToServer, server.macClientToServer);
    this.macServerToClient = isAead(this.cipherServerToClient)
      ? IMPLICIT_MAC
      : firstCommon(client.macServerToClient, server.macServerToClient);
    this.compressionClientToServer = firstCommon(
      client.compressionClientToServer,
      server.compressionClientToServer,
    );
    this.compressionServerToClient = firstCommon(
      client.compressionServerToClient,
      server.compressionServerToClient,
    );
    this.mismatch = firstMismatch(this, client, server);
    this.strict =
      client.kexAlgorithms.includes('kex-strict-c-v00@openssh.com') &&
      server.kexAlgorithms.includes('kex-strict-s-v00@openssh.com');
    this.hybridPostQuantum = this.kex === undefined ? undefined : isPostQuantum(this.kex);
    this.#family = kexFamily(this.kex);
    this.#shapes = [
      packetShape(this.cipherClientToServer, this.macClientToServer, this.compressionClientToServer),
      packetShape(this.cipherServerToClient, this.macServerToClient, this.compressionServerToClient),
    ];
  }

  get family(): KexFamily | undefined {
    return this.#family;
  }

  /** How packets of a side look once it has sent NEWKEYS; undefined when the algorithms tell nothing. */
  shape(side: 0 | 1): PacketShape | undefined {
    return this.#shapes[side];
  }
}

/** Negotiates by RFC 4253 §7.1; the same pair of proposals gives the same instance while it is remembered. */
export function negotiate(client: Proposal, server: Proposal): Agreement {
  let recent = AGREEMENTS.get(client);
  if (recent === undefined) {
    recent = new RecentAgreements();
    AGREEMENTS.set(client, recent);
  }
  return recent.with(client, server);
}

/** The last servers met by one client proposal: a capture has many clients and few kinds of servers, or the reverse. */
class RecentAgreements {
  private readonly servers: (Proposal | undefined)[] = new Array<undefined>(SERVERS_REMEMBERED).fill(
    undefined,
  );
  private readonly agreements: (Agreement | undefined)[] = new Array<undefined>(SERVERS_REMEMBERED).fill(
    undefined,
  );
  private turn = 0;

  with(client: Proposal, server: Proposal): Agreement {
    for (let index = 0; index < SERVERS_REMEMBERED; index++) {
      if (this.servers[index] === server) return this.agreements[index] as Agreement;
    }
    const agreement = new Agreement(client, server);
    this.servers[this.turn] = server;
    this.agreements[this.turn] = agreement;
    this.turn = (this.turn + 1) % SERVERS_REMEMBERED;
    return agreement;
  }
}

const SERVERS_REMEMBERED = 8;
const AGREEMENTS = new WeakMap<Proposal, RecentAgreements>();

/** As OpenSSH prints it. */
export const IMPLICIT_MAC = '<implicit>';

/**
 * The side's guess of the key exchange was wrong, so the packet right after its KEXINIT counts for nothing:
 * RFC 4253 §7: both must name the same key exchange and the same host key algorithm first.
 */
export function guessedWrong(guess: KexInit, peer: KexInit): boolean {
  return (
    guess.firstKexPacketFollows &&
    (guess.proposal.kexAlgorithms[0] !== peer.proposal.kexAlgorithms[0] ||
      guess.proposal.serverHostKeyAlgorithms[0] !== peer.proposal.serverHostKeyAlgorithms[0])
  );
}

/** The client's first name that the server has too. */
function firstCommon(client: readonly string[], server: readonly string[]): string | undefined {
  return client.find((name) => server.includes(name) && !isSignal(name));
}

/** Names that stand among the key exchange methods and are none (RFC 8308 §2.1, OpenSSH's PROTOCOL §1.10). */
function isSignal(name: string): boolean {
  return name.startsWith('ext-info-') || name.startsWith('kex-strict-');
}

/**
 * Ciphers that authenticate by themselves, so that the MAC is not negotiated. RFC 5647 wants its own two in both
 * lists; nothing is lost by treating them alike.
 */
function isAead(cipher: string | undefined): boolean {
  return cipher !== undefined && AEAD.has(cipher);
}

const AEAD = new Set([
  'chacha20-poly1305@openssh.com',
  'chacha20-poly1305',
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-gcm',
  'aes256-gcm',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
]);

export function isPostQuantum(kex: string): boolean {
  return /sntrup|mlkem|kyber|ntru|frodo/i.test(kex);
}

/** In the order of OpenSSH's kex_choose_conf: key exchange, host key, then cipher, MAC, compression by direction. */
function firstMismatch(agreed: Negotiation, client: Proposal, server: Proposal): Mismatch | undefined {
  for (const [result, list, category, direction] of TESTS) {
    if (agreed[result] === undefined) {
      return { category, direction, client: client[list], server: server[list] };
    }
  }
  return undefined;
}

const TESTS: readonly (readonly [
  result: keyof Negotiation,
  list: Exclude<keyof Proposal, 'hassh' | 'hasshServer'>,
  category: MismatchCategory,
  direction: Mismatch['direction'],
])[] = [
  ['kex', 'kexAlgorithms', 'kex', undefined],
  ['hostKey', 'serverHostKeyAlgorithms', 'host-key', undefined],
  ['cipherClientToServer', 'encryptionClientToServer', 'cipher', 'client-to-server'],
  ['macClientToServer', 'macClientToServer', 'mac', 'client-to-server'],
  ['compressionClientToServer', 'compressionClientToServer', 'compression', 'client-to-server'],
  ['cipherServerToClient', 'encryptionServerToClient', 'cipher', 'server-to-client'],
  ['macServerToClient', 'macServerToClient', 'mac', 'server-to-client'],
  ['compressionServerToClient', 'compressionServerToClient', 'compression', 'server-to-client'],
];
