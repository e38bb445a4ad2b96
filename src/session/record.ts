import type { Certainty, EndedBy, Ending, Fate, Stage } from '../fate/vocabulary.ts';
import type { Mismatch, Proposal } from '../ssh/conversation-api.ts';

/**
 * The session record, `sshfate/session@1`: what `--format ndjson` prints. Everything optional is absent when
 * unknown (in memory, a member of a nested object may be there with the value undefined: JSON leaves it out). Times are
 * ISO 8601 UTC with the capture's precision; texts from the wire are raw (Latin-1 characters U+0000 to U+00FF) and escaped
 * by whoever prints them.
 */
export interface SessionRecord {
  /** Name and version of the format: fields may be added within a version, none is removed or changes its meaning. */
  readonly schema: 'sshfate/session@1';
  /** By first packet, from 1, within one capture. */
  readonly session: number;
  /** As named by the user; '-' for standard input, bytes and streams without a name. */
  readonly capture: string;
  /** Community ID v1, as Zeek and Suricata print it (https://github.com/corelight/community-id-spec). */
  readonly communityId: string;
  /** Of the first packet. */
  readonly start: string;
  /** Of the last packet. */
  readonly end: string;
  /** From start to end. */
  readonly durationMs: number;
  /** Who opened the connection. */
  readonly client: Endpoint;
  /** Who was connected to. */
  readonly server: Endpoint;
  /** Encapsulation around the session, outermost first; absent when there is none. */
  readonly nesting?: readonly string[] | undefined;
  /** Numbers of the first and the last packet, and how many each side sent, duplicates included. */
  readonly packets: {
    readonly first: number;
    readonly last: number;
    readonly clientToServer: number;
    readonly serverToClient: number;
  };
  /** TCP payload bytes, each stream byte once; `missed` are stream bytes that the capture does not hold. */
  readonly bytes: {
    readonly clientToServer: number;
    readonly serverToClient: number;
    readonly missed: number;
  };
  /** What became of the session; `sshfate explain FATE` says more. */
  readonly fate: Fate;
  /** How far the session had come, in the view of who ended it. */
  readonly stage: Stage;
  /** How it ended. */
  readonly ending: Ending;
  /** Who ended it. */
  readonly endedBy: EndedBy;
  /** How far packets show it. */
  readonly certainty: Certainty;
  /** Why the fate is `undetermined`, or why the certainty is only inferred. */
  readonly reason?: string | undefined;
  /** The likeliest cause; absent when the packets do not tell one. */
  readonly cause?: Cause | undefined;
  /** Further causes that fit, best first; absent when there is none. */
  readonly alternatives?: readonly Cause[] | undefined;
  /** What an OpenSSH client printed, USER and METHODS standing for what is encrypted; absent where it cannot be told. */
  readonly clientMessage?: string | undefined;
  /** Which capture to take next; absent where this one tells enough. */
  readonly nextCapture?: NextCapture | undefined;
  /** The key exchange; absent when no message of it was seen. */
  readonly kex?: KexRecord | undefined;
  /** SSH_MSG_DISCONNECT in clear; absent when there is none. */
  readonly disconnect?: readonly DisconnectRecord[] | undefined;
  /** Authentication; absent before both sides sent NEWKEYS. */
  readonly auth?: AuthRecord | undefined;
  /** What TCP tells of the connection. */
  readonly tcp: TcpRecord;
  /** How long the stages took. */
  readonly timing: TimingRecord;
  /** Notes that never change the fate, e.g. weak algorithms; absent when there is none. */
  readonly notes?: readonly string[] | undefined;
  /** The decisive packets in capture order: handshake, identification strings, messages in clear, closes. */
  readonly timeline: readonly TimelineEntry[];
  /** What was wrong on the wire, in no way that decides; empty when nothing was. */
  readonly anomalies: readonly AnomalyRecord[];
  /** Other sessions of the same server and client in this capture; absent for a healthy session and for one alone. */
  readonly surroundings?: SurroundingsRecord | undefined;
  /** Of live traffic: 2 and more for a verdict that replaces an earlier one of this session; absent for the first. */
  readonly revision?: number | undefined;
  /** Of live traffic: 'arrival' when packets have the times at which they reached the program; absent for the kernel's. */
  readonly times?: 'arrival' | undefined;
  /** What the fate was judged from: `classifyFate(record.observed)` gives the fate again. */
  readonly observed: FateFacts;
}

/** One end of a session. */
export interface Endpoint {
  /** IPv4, or IPv6 as RFC 5952 writes it. */
  readonly address: string;
  /** TCP port. */
  readonly port: number;
  /** Identification string without line end. */
  readonly identification?: string | undefined;
  /** Its softwareversion. */
  readonly software?: string | undefined;
  /** Client only. */
  readonly hassh?: string | undefined;
  /** Server only. */
  readonly hasshServer?: string | undefined;
  /** Server only. */
  readonly hostKey?: { readonly algorithm: string; readonly fingerprint: string } | undefined;
  /** Text lines sent before the identification string or instead of one, and what sshd says to a wrong one. */
  readonly text?: readonly string[] | undefined;
  /** First bytes are another protocol. */
  readonly foreign?: ForeignRecord | undefined;
}

/** A protocol that is not SSH. */
export interface ForeignRecord extends PacketTime {
  /** 'http', 'tls', … or 'other'. */
  readonly protocol: string;
  /** The first bytes, raw. */
  readonly head: string;
}

/** `certain`: the packets say so; `likely`: they fit nothing else well; `possible`: one of several. */
export type Confidence = 'certain' | 'likely' | 'possible';

/** A packet that shows a cause. */
export interface Evidence {
  /** Number in the capture, as Wireshark counts. */
  readonly packet: number;
  /** ISO 8601 UTC. */
  readonly time: string;
  /** What this packet shows, a short sentence without a full stop. */
  readonly what: string;
}

/** Why a session came to its fate. */
export interface Cause {
  /** `sshfate explain ID` says more; its spelling never changes. */
  readonly id: string;
  /** How far the packets bear it out. */
  readonly confidence: Confidence;
  /** One sentence for the human. */
  readonly summary: string;
  /** The packets that show it; empty where it shows only in what is missing. */
  readonly evidence: readonly Evidence[];
  /** What to do or to run, for both ends; a sentence each. */
  readonly nextSteps: readonly string[];
}

/** What to capture to learn what this capture cannot tell. */
export interface NextCapture {
  /** Where to take it. */
  readonly at: 'client' | 'server' | 'path';
  /** What it will tell, one sentence. */
  readonly why: string;
  /** To be run there, with `IFACE` for the interface's name. */
  readonly command: string;
}

/** The key exchange, as far as it is in clear. */
export interface KexRecord {
  /** The client's proposal; absent when it was not seen. */
  readonly client?: ProposalRecord | undefined;
  /** The server's proposal; absent when it was not seen. */
  readonly server?: ProposalRecord | undefined;
  /** What RFC 4253 §7.1 gives for both proposals; absent without both, and so is each category without a winner. */
  readonly negotiated?:
    | {
        readonly kex?: string | undefined;
        readonly hostKey?: string | undefined;
        readonly cipher?: { readonly clientToServer?: string; readonly serverToClient?: string } | undefined;
        readonly mac?: { readonly clientToServer?: string; readonly serverToClient?: string } | undefined;
        readonly compression?:
          | { readonly clientToServer?: string; readonly serverToClient?: string }
          | undefined;
      }
    | undefined;
  /** The first category without a common name; absent when all agree. */
  readonly mismatch?:
    | (Omit<Mismatch, 'direction'> & { readonly direction?: Mismatch['direction'] })
    | undefined;
  /** Both sides offered strict key exchange (kex-strict-*-v00@openssh.com); absent without both proposals. */
  readonly strict?: boolean | undefined;
  /** The negotiated method has a post-quantum part; absent without one negotiated. */
  readonly hybridPostQuantum?: boolean | undefined;
  /** Key exchange messages in clear, both directions in capture order. */
  readonly messages: readonly {
    readonly from: 'client' | 'server';
    readonly name: string;
    readonly packet: number;
  }[];
}

/** The ten name-lists of a KEXINIT. */
export type ProposalRecord = Omit<Proposal, 'hassh' | 'hasshServer'>;

/** An SSH_MSG_DISCONNECT in clear (RFC 4253 §11.1). */
export interface DisconnectRecord {
  /** Who sent it. */
  readonly from: 'client' | 'server';
  /** Number in the capture. */
  readonly packet: number;
  /** As sent. */
  readonly reasonCode: number;
  /** Of RFC 4253 §11.1; absent for an unknown code. */
  readonly reasonName?: string;
  /** As sent: raw. */
  readonly description: string;
}

/** Authentication, told from sizes and order of encrypted packets. */
export interface AuthRecord {
  /** `unknown` when in doubt. */
  readonly result: 'succeeded' | 'failed' | 'unknown';
  /** Failed attempts; absent when they cannot be counted. */
  readonly attempts?: number | undefined;
  /** How far packets show it. */
  readonly certainty: Certainty;
}

/** What TCP tells of a connection. */
export interface TcpRecord {
  /** As Zeek defines them. */
  readonly connState: string;
  readonly history: string;
  /** SYN to SYN-ACK plus SYN-ACK to ACK: both legs, whatever the capture's place. */
  readonly rttMs?: number | undefined;
  /** Repeats of the client's SYN. */
  readonly synRetransmissions: number;
  /** Data or FINs sent again, by sender. */
  readonly retransmissions: Directions;
  /** Segments that came behind later ones and filled a hole, by sender. */
  readonly outOfOrder: Directions;
  /** The same packet captured twice, by sender: no retransmission. */
  readonly duplicates: Directions;
  /** Holes in the stream that nothing filled, by sender. */
  readonly gaps: Directions;
  /** Segments that close the receive window, by sender. */
  readonly zeroWindows: Directions;
  /** From the SYN and SYN-ACK. */
  readonly mss?: { readonly client?: number | undefined; readonly server?: number | undefined } | undefined;
  /** TTL or hop limit seen first from each side, and every other value seen. */
  readonly hopLimits: {
    readonly client?: readonly number[] | undefined;
    readonly server?: readonly number[] | undefined;
  };
  /** Of the segments that were verified: those with SYN, FIN or RST. */
  readonly checksumErrors: number;
  /** Packets with each repeated SYN and SYN-ACK; absent when there is none. */
  readonly synRepeats?:
    | {
        readonly client?: readonly PacketTime[] | undefined;
        readonly server?: readonly PacketTime[] | undefined;
      }
    | undefined;
  /** Traffic class byte (DSCP and ECN) of SYN and SYN-ACK. */
  readonly synTrafficClass?:
    | { readonly client?: number | undefined; readonly server?: number | undefined }
    | undefined;
  /** Resets that ended the session or echoed its end; absent when there is none. */
  readonly resets?: readonly ResetRecord[] | undefined;
  /** ICMP errors that quote the session; absent when there is none. */
  readonly icmp?: readonly IcmpRecord[] | undefined;
  /** Every later change of the DSCP that a side marks its packets with; absent when there is none. */
  readonly markings?:
    | { readonly client?: readonly MarkingChange[]; readonly server?: readonly MarkingChange[] }
    | undefined;
  /** How each side's stream stood when the session was over; absent for a healthy session, unless the client waited for an answer when it left. */
  readonly last?: { readonly client: LastWords; readonly server: LastWords } | undefined;
}

/** A side marks its packets otherwise from here on. */
export interface MarkingChange {
  /** The first packet with it. */
  readonly packet: number;
  /** Differentiated services code point, 0 to 63 (RFC 2474). */
  readonly dscp: number;
}

/** Payload bytes in one packet. */
export interface DataPacket extends PacketTime {
  /** TCP payload. */
  readonly bytes: number;
}

/** The end of what one side sent. */
export interface LastWords {
  /** The last packets with new data, oldest first, at most 6. */
  readonly data: readonly DataPacket[];
  /** Repeats that nobody acknowledged, oldest first, at most 8; absent when there is none. */
  readonly unanswered?: readonly DataPacket[] | undefined;
  /** The last packet of the other side, where it came after the first of these repeats: it is heard, and does not hear. */
  readonly heardAfter?: number | undefined;
  /** Keep-alive probes of TCP that nobody answered; absent when there is none. */
  readonly probes?: number | undefined;
  /** The largest payload that was sent, and the largest that was acknowledged; absent without data. */
  readonly largestBytes?: number | undefined;
  readonly largestDeliveredBytes?: number | undefined;
  /** The other side has data behind a hole (RFC 2018): how many bytes from the hole's start to their end. */
  readonly sack?: DataPacket | undefined;
  /** Bytes before the packet that never came and that nobody acknowledged: lost before they reached the capture. */
  readonly hole?: DataPacket | undefined;
}

/**
 * What the capture shows of other sessions: by it a cause is told that no session shows alone. What was known when
 * this session was judged; sessions that end later are not in it, except at the capture's end.
 */
export interface SurroundingsRecord {
  /**
   * Other sessions at the same server address and port, of whatever client: over, or open just now. One that is only a SYN,
   * repeated or not, counts when it is over; a repeated one also when the capture ends.
   */
  readonly server: OtherSessions & {
    /** Softwareversion that it named in other sessions; given where it sent no identification string in this one. */
    readonly software?: string | undefined;
    /** TTL or hop limit of the SYN-ACKs that it sent in other sessions. */
    readonly hopLimits?: readonly number[] | undefined;
    /** Shortest times in other sessions from SYN to SYN-ACK, and from the handshake to the identification string. */
    readonly synAckMs?: number | undefined;
    readonly identificationMs?: number | undefined;
    /** DSCP of the SYNs that were answered, and that were not, of all sessions that are known. */
    readonly markings?:
      | { readonly answered: readonly number[]; readonly unanswered: readonly number[] }
      | undefined;
    /** Other sessions that were open without a login when this one was accepted, by their first packets, at most 16. */
    readonly unauthenticated?: { readonly sessions: number; readonly packets: readonly number[] } | undefined;
    /** Other sessions that ended the same way no more than 10 s before or after this one, of whatever client. */
    readonly together?:
      | { readonly sessions: number; readonly clients: number; readonly packets: readonly number[] }
      | undefined;
    /** Other sessions with a login that were open and went on for 10 s after this one ended. */
    readonly survivors?: number | undefined;
    /** Time from the handshake to the server's FIN in other sessions without a login, at most 16. */
    readonly closedAfterMs?: readonly number[] | undefined;
  };
  /** Other sessions of the same client address at this server. */
  readonly client: OtherSessions & {
    /** The last ones before this one, oldest first: at most 8, and 32 where a penalty or a health check may be the cause. */
    readonly earlier?: readonly EarlierSession[] | undefined;
    /** Those after this one that were over when this one was judged, oldest first, at most 8. */
    readonly later?: readonly LaterSession[] | undefined;
    /** Over the whole capture: distinct servers (address and port) that this client tried, at most 64. */
    readonly servers: number;
    /** Of these, distinct ports. */
    readonly ports: number;
  };
  /** Who asked on the link for the server's address, and whether anybody answered (ARP, neighbour discovery). */
  readonly neighbour?:
    | {
        readonly requests: number;
        readonly replies: number;
        readonly first: PacketTime;
        readonly last: PacketTime;
      }
    | undefined;
  /**
   * Whom the server asked for on its link without an answer: its gateway, or the client where it takes it for a neighbour.
   * Absent where the server said anything in this session.
   */
  readonly gateway?:
    | {
        readonly address: string;
        readonly requests: number;
        readonly first: PacketTime;
        readonly last: PacketTime;
      }
    | undefined;
}

/** Counts of other sessions. */
export interface OtherSessions {
  /** All of them. */
  readonly sessions: number;
  /** Distinct client addresses. */
  readonly clients: number;
  /** Sessions whose SYN was answered with SYN-ACK. */
  readonly answered: number;
  /** Sessions in which the server sent its identification string. */
  readonly identified: number;
  /** Sessions with a login. */
  readonly authenticated: number;
  /** Sessions that are over, by fate. */
  readonly fates: Readonly<Partial<Record<Fate, number>>>;
}

/** A session of the same client at the same server that began before. */
export interface EarlierSession {
  /** Its number. */
  readonly session: number;
  /** As judged. */
  readonly fate: Fate;
  /** Id of its first cause; absent without one. */
  readonly cause?: string | undefined;
  /** From its start to the start of this session. */
  readonly agoMs: number;
  /** Its first. */
  readonly packet: number;
}

/** A session of the same client at the same server that began afterwards. */
export interface LaterSession {
  /** Its number. */
  readonly session: number;
  /** As judged. */
  readonly fate: Fate;
  /** From the start of this session to its start. */
  readonly inMs: number;
  /** Its first. */
  readonly packet: number;
}

/** A packet and when it was captured. */
export interface PacketTime {
  /** Number in the capture, as Wireshark counts, from 1. */
  readonly packet: number;
  /** ISO 8601 UTC with the capture's precision. */
  readonly time: string;
}

/** A moment that may know what `Date.parse(time)` gives; no part of a printed record. */
export interface Moment extends PacketTime {
  readonly epochMs?: number | undefined;
}

/** A record that may know what `Date.parse(start)` gives; no part of a printed record. */
export interface ClockedRecord extends SessionRecord {
  readonly startEpochMs?: number;
}

/** A reset with all that tells who made it. */
export interface ResetRecord extends PacketTime {
  /** Whose reset it claims to be. */
  readonly from: 'client' | 'server';
  /** With ACK flag. */
  readonly ack: boolean;
  /** TTL or hop limit, as captured. */
  readonly hopLimit: number;
  /** Absent in IPv6. */
  readonly ipId?: number;
  /** As in the header, not scaled. */
  readonly window: number;
  /** Bytes of TCP options. */
  readonly optionsLength: number;
  /** Traffic class byte: DSCP and ECN. */
  readonly trafficClass: number;
  /** IP identification of the same side's packet before it; absent in IPv6 and without such a packet. */
  readonly previousIpId?: number;
  /** The side's SYN or SYN-ACK had the time stamps option, which Linux repeats in a reset of its own sockets. */
  readonly timestamps?: boolean;
  /** A packet of the same side after "its" reset, with new data or with old data repeated by a time-out. */
  readonly spokeAfter?: number;
}

/** An ICMP error that quotes the session. */
export interface IcmpRecord extends PacketTime {
  /** Who sent the error. */
  readonly reporter: string;
  /** 4 for ICMP, 6 for ICMPv6. */
  readonly ipVersion: 4 | 6;
  /** Of the ICMP header (RFC 792, RFC 4443). */
  readonly type: number;
  /** Of the ICMP header. */
  readonly code: number;
  /** Whose packet it refuses. */
  readonly about: 'client' | 'server';
  /** Next-hop MTU, where the error gives one. */
  readonly mtu?: number;
  /** TTL or hop limit of the error itself, as captured. */
  readonly hopLimit: number;
}

/** A count for each side. */
export interface Directions {
  /** Of what the client sent. */
  readonly client: number;
  /** Of what the server sent. */
  readonly server: number;
}

/** How long the stages took, by the capture's time stamps. Each is absent when one of its ends was not seen. */
export interface TimingRecord {
  /** From the SYN to the ACK that ends the handshake. */
  readonly connectMs?: number | undefined;
  /** From SYN to SYN-ACK, and from SYN-ACK to its ACK: what lies behind the capture and before it. Absent where one was repeated. */
  readonly synAckMs?: number | undefined;
  readonly ackMs?: number | undefined;
  /** From the handshake to the server's identification string. */
  readonly identificationMs?: number | undefined;
  /** From the first KEXINIT to the second NEWKEYS. */
  readonly kexMs?: number | undefined;
  /** From the second NEWKEYS to the login. */
  readonly authMs?: number | undefined;
  /** Quiet time before the end; absent when there was none. */
  readonly idleBeforeEndMs?: number | undefined;
  /** Quiet time before the data that nobody acknowledged; absent when all was. */
  readonly idleBeforeUnansweredMs?: number | undefined;
}

/** A decisive packet. */
export interface TimelineEntry extends PacketTime {
  /** Who sent it; `path` for an ICMP error. */
  readonly from: 'client' | 'server' | 'path';
  /** A fixed word: 'SYN', 'SYN-ACK', 'ACK', 'text', 'identification string', an SSH_MSG_ name, 'authenticated', 'FIN', 'RST' or 'ICMP'. */
  readonly what: string;
  /** What it said: an identification string, a text line, a reason. Raw like all texts from the wire. */
  readonly detail?: string | undefined;
}

/** Something wrong on the wire. */
export interface AnomalyRecord {
  /** What, in a fixed word: 'packet-length-impossible', for example. */
  readonly code: string;
  /** Where it shows. */
  readonly layer: 'wire' | 'tcp' | 'ssh';
  /** Absent where it has none. */
  readonly direction?: 'client-to-server' | 'server-to-client';
  /** Number in the capture. */
  readonly packet: number;
}

/** A FIN or RST that counted, with its sender's view. */
export interface CloseFacts {
  /** Whose it is. */
  readonly side: 'client' | 'server';
  /** Which of the two. */
  readonly kind: 'fin' | 'rst';
  /** Number in the capture. */
  readonly packet: number;
  /** Milliseconds since the session's first packet. */
  readonly atMs: number;
  /** How far the session had come in this side's view: what it had sent, and received by its own ACKs. */
  readonly stage: Stage;
  /** The view rests on capture order because no ACK tells. */
  readonly byOrder: boolean;
  /** It had received the other side's close. */
  readonly afterPeerClose: boolean;
  /**
   * Data of this side stood unacknowledged after retransmissions; or, of a FIN, by its own acknowledgement the side had not
   * received what the other had repeated for seconds.
   */
  readonly unacknowledged: boolean;
  /** The side went on talking beyond "its" reset: a device between made it. */
  readonly forged: boolean;
}

/** All that decides a fate. */
export interface FateFacts {
  /** Bit by bit what was seen of the handshake; `midway` when the capture has no SYN or SYN-ACK. */
  readonly handshake: 'syn' | 'syn-ack' | 'established' | 'midway';
  /** Stage by everything that is on the wire, in capture order. */
  readonly stage: Stage;
  /** The stage rests on sizes or order. */
  readonly stageInferred: boolean;
  /** In the order of judgement: the first is the one that counts. */
  readonly closes: readonly CloseFacts[];
  /** ICMP errors that quote the session after which nothing was answered. */
  readonly icmp?: {
    readonly packet: number;
    readonly type: number;
    readonly code: number;
    readonly ipVersion: 4 | 6;
  };
  /** Something was owed when the packets stopped, and by whom. */
  readonly owed?: { readonly by: 'client' | 'server'; readonly what: string; readonly silent: boolean };
  /** First bytes of the server are another protocol. */
  readonly foreign: boolean;
  /** The client left by itself: a disconnect-sized packet before the server's FIN. */
  readonly clientAskedToLeave: boolean;
  /** Why the decisive bytes are not in the capture; absent when they are. */
  readonly missing?:
    | 'one-direction'
    | 'snap-length'
    | 'lost-packets'
    | 'filter'
    | 'capture-drops'
    | 'midway'
    | 'evicted';
  /** Only client-to-server or only server-to-client packets although the other side is known to have answered. */
  readonly oneDirection?: 'client-to-server' | 'server-to-client';
}
