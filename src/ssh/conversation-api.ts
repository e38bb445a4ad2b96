/**
 * What the rest of sshfate sees of an SSH conversation: facts, each with its place. Implemented by
 * `conversation.ts`. Positions are stream offsets: byte 0 is the first payload byte of that direction.
 */

/** Index of a direction and of the side that sends in it. */
export const CLIENT = 0;
export const SERVER = 1;
export type Side = 0 | 1;

/** Where and when a message was complete: the packet that brought its last byte. */
export interface Place {
  readonly packet: number;
  readonly timeNs: number;
  /** Stream offset just behind the message, in its own direction. */
  readonly endOffset: number;
}

/** `SSH-protoversion-softwareversion [comments]` (RFC 4253 §4.2). Text is the raw bytes as Latin-1: hostile. */
export interface Identification extends Place {
  /** The line without CR LF, cut at 255 bytes. */
  readonly text: string;
  readonly protocolVersion: string;
  readonly softwareVersion: string;
  readonly comments: string | undefined;
}

/** The ten name-lists of SSH_MSG_KEXINIT (RFC 4253 §7.1) in their order. One instance per distinct content. */
export interface Proposal {
  readonly kexAlgorithms: readonly string[];
  readonly serverHostKeyAlgorithms: readonly string[];
  readonly encryptionClientToServer: readonly string[];
  readonly encryptionServerToClient: readonly string[];
  readonly macClientToServer: readonly string[];
  readonly macServerToClient: readonly string[];
  readonly compressionClientToServer: readonly string[];
  readonly compressionServerToClient: readonly string[];
  readonly languagesClientToServer: readonly string[];
  readonly languagesServerToClient: readonly string[];
  /** MD5 as salesforce/hassh defines it; the value to use when the sender is the client. */
  readonly hassh: string;
  /** The value to use when the sender is the server. */
  readonly hasshServer: string;
}

export interface KexInit extends Place {
  readonly proposal: Proposal;
  readonly firstKexPacketFollows: boolean;
}

/** A binary packet (or an SSH-1 packet) in clear. */
export interface ClearMessage extends Place {
  readonly number: number;
  /** SSH_MSG_ name by the negotiated method ('SSH_MSG_KEX_ECDH_INIT'), or 'unknown 42'. */
  readonly name: string;
  /** packet_length field. */
  readonly lengthBytes: number;
}

export interface DisconnectMessage extends Place {
  readonly reasonCode: number;
  /** 'SSH_DISCONNECT_…' of RFC 4253 §11.1, or undefined for an unknown code. */
  readonly reasonName: string | undefined;
  /** Raw bytes as Latin-1, cut at 1024: hostile. */
  readonly description: string;
}

export interface HostKey {
  /** e.g. 'ssh-ed25519'. */
  readonly algorithm: string;
  /** 'SHA256:' and base64 without padding, as OpenSSH prints it. */
  readonly fingerprint: string;
}

/** The server's (or client's) first bytes are another protocol. */
export type ForeignProtocol =
  | 'http'
  | 'tls'
  | 'smtp'
  | 'ftp'
  | 'pop3'
  | 'imap'
  | 'rdp'
  | 'vnc'
  | 'telnet'
  | 'other';

export type SshAnomalyCode =
  | 'identification-too-long'
  | 'identification-invalid-characters'
  | 'packet-length-impossible'
  | 'padding-impossible'
  | 'name-list-invalid'
  | 'kexinit-too-short'
  | 'message-too-long'
  | 'unexpected-message'
  | 'repeated-kexinit'
  | 'stream-limit';

export interface SshAnomaly {
  readonly code: SshAnomalyCode;
  readonly side: Side;
  readonly packet: number;
}

/** What one side sent. Everything absent was not seen. */
export interface SshSideFacts {
  readonly identification: Identification | undefined;
  /** Lines before the identification string, raw Latin-1 without line end, at most 16 of at most 255 bytes: hostile. */
  readonly preIdentificationLines: readonly string[];
  /** Place of the first pre-identification line. */
  readonly preIdentification: Place | undefined;
  readonly foreign:
    | {
        readonly protocol: ForeignProtocol;
        readonly packet: number;
        readonly timeNs: number;
        readonly head: string;
      }
    | undefined;
  /** Line that is not an identification string after this side had already sent one, e.g. 'Invalid SSH identification string.'; raw Latin-1. */
  readonly textAfterIdentification: string | undefined;
  readonly kexInit: KexInit | undefined;
  readonly newKeys: Place | undefined;
  readonly disconnect: DisconnectMessage | undefined;
  /** Messages in clear in order, at most 64; `messagesDropped` counts the rest. */
  readonly messages: readonly ClearMessage[];
  readonly messagesDropped: number;
  /** Server only: host key of the key exchange reply. */
  readonly hostKey: HostKey | undefined;
  /** SSH-1 milestones: SSH_SMSG_PUBLIC_KEY (server) or SSH_CMSG_SESSION_KEY (client). */
  readonly ssh1Key: Place | undefined;
  /** Payload bytes after this side's NEWKEYS. */
  readonly encryptedBytes: number;
  /** First packet with encrypted bytes. */
  readonly firstEncrypted: Place | undefined;
  /** Why this side's stream cannot be parsed further; undefined while it can. */
  readonly stopped: 'gap' | 'corrupt' | 'foreign' | 'midway' | 'limit' | undefined;
}

export interface Negotiation {
  readonly kex: string | undefined;
  readonly hostKey: string | undefined;
  readonly cipherClientToServer: string | undefined;
  readonly cipherServerToClient: string | undefined;
  /** '<implicit>' with an AEAD cipher, as OpenSSH prints it. */
  readonly macClientToServer: string | undefined;
  readonly macServerToClient: string | undefined;
  readonly compressionClientToServer: string | undefined;
  readonly compressionServerToClient: string | undefined;
  /** First category without a common name, in OpenSSH's order of testing; undefined when all agree. */
  readonly mismatch: Mismatch | undefined;
  /** Both sides offered kex-strict-*-v00@openssh.com. */
  readonly strict: boolean;
  /** The negotiated key exchange has a post-quantum part; undefined without a negotiated one. */
  readonly hybridPostQuantum: boolean | undefined;
}

/** What is negotiated (RFC 4253 §7.1). */
export type MismatchCategory = 'kex' | 'host-key' | 'cipher' | 'mac' | 'compression';

/** Two name-lists without a common name. */
export interface Mismatch {
  /** Of what. */
  readonly category: MismatchCategory;
  /** Absent for kex and host key, which have no direction. */
  readonly direction: 'client-to-server' | 'server-to-client' | undefined;
  /** The client's list. */
  readonly client: readonly string[];
  /** The server's list. */
  readonly server: readonly string[];
}

/** Inferred from sizes and order after NEWKEYS; silent when in doubt. */
export interface AuthenticationFacts {
  readonly result: 'succeeded' | 'failed' | 'unknown';
  /** Failed attempts that were told apart; undefined when they cannot be counted. */
  readonly attempts: number | undefined;
  /** Server's packet that (most likely) was SSH_MSG_USERAUTH_SUCCESS. */
  readonly success: Place | undefined;
  /** Whose turn it is: who owes the next message; undefined when not told. */
  readonly turn: Side | undefined;
  /** The client's last data before its end was of the size of SSH_MSG_DISCONNECT (with or without CHANNEL_CLOSE before it). */
  readonly clientDisconnect: Place | undefined;
}

export interface ConversationFacts {
  readonly sides: readonly [SshSideFacts, SshSideFacts];
  /** 2, or 1 for SSH-1.x; undefined before both identification strings. */
  readonly protocol: 1 | 2 | undefined;
  /** Computed when both KEXINITs are there. */
  readonly negotiation: Negotiation | undefined;
  readonly authentication: AuthenticationFacts;
  readonly anomalies: readonly SshAnomaly[];
}

/** Fed by tcp/ in stream order; `bytes` is only valid during the call. */
export interface SshStreams extends ConversationFacts {
  /** The next bytes of one direction: `bytes[start … end)`. */
  data(side: Side, bytes: Uint8Array, start: number, end: number, packet: number, timeNs: number): void;
  /**
   * `lengthBytes` of this direction are not in the capture, nor the packets that brought them. Before NEWKEYS
   * nothing more is claimed of this side; afterwards byte counts go on.
   */
  gap(side: Side, lengthBytes: number, packet: number, timeNs: number): void;
  /**
   * `lengthBytes` of this direction came in a packet that the capture holds, but were cut off: their number is known
   * and their place. The same as a gap before NEWKEYS; afterwards sizes go on telling what they tell.
   */
  cut(side: Side, lengthBytes: number, packet: number, timeNs: number): void;
  /** The capture joined this direction midway: offset 0 is not the start of the stream. */
  joinMidway(side: Side): void;
}
