import type { Certainty, EndedBy, Ending, Fate, Stage } from '../fate/vocabulary.ts';
import type { Confidence, Evidence } from '../session/record.ts';
import type { ChangeKind } from './changes.ts';
import type { MatchedBy } from './match.ts';

/**
 * What two or more captures tell together: `sshfate/comparison@1`, as `sshfate compare --format json` prints it.
 * Everything optional is absent when unknown; texts from the wire are raw. Delays and clocks are as the first capture's
 * clock would have shown them.
 */
export interface Comparison {
  /** Name and version of the format. */
  readonly schema: 'sshfate/comparison@1';
  /** In the order in which they were given. */
  readonly captures: readonly ComparedCapture[];
  /** Counts over all sessions. */
  readonly summary: ComparisonSummary;
  /** What to check where little or nothing matched; absent when there is nothing to check. */
  readonly hints?: readonly string[] | undefined;
  /** Each once, in however many captures it is. */
  readonly sessions: readonly JointSession[];
}

/** One of the captures, and how its clock runs. */
export interface ComparedCapture {
  /** As named by the user. */
  readonly name: string;
  /** Sessions in it. */
  readonly sessions: number;
  /** Of its first and last packet, by its own clock; absent without packets. */
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  /** Of its clock against that of the first capture; absent for the first, and where no packet is in both. */
  readonly clock?: CaptureClock | undefined;
  /** Packets that passed it, as TCP acknowledged what they brought, and that it does not hold; absent when none. */
  readonly missed?: { readonly packets: number; readonly share: number } | undefined;
  /** Packets and sessions that were not compared because of the limits; absent when none. */
  readonly notCompared?: { readonly packets: number; readonly sessions: number } | undefined;
}

/** A clock against that of the first capture. */
export interface CaptureClock {
  /** What its clock shows more, when the sessions that are in both began. */
  readonly offsetMs: number;
  /** The offset may be wrong by so much; absent where packets in one direction only are in both. */
  readonly errorMs?: number | undefined;
  /** How much faster it runs, in millionths; absent where that does not show. */
  readonly driftPpm?: number | undefined;
}

/** Counts over the sessions of a comparison. */
export interface ComparisonSummary {
  /** Sessions in all captures together, each once. */
  readonly sessions: number;
  /** Of these, in more than one capture. */
  readonly matched: number;
  /** Sessions by whose doing it is; only places that occur. */
  readonly places: Readonly<Partial<Record<JointPlace, number>>>;
  /** Sessions by cause; only causes that occur. */
  readonly causes: Readonly<Record<string, number>>;
}

/** Whose doing it is. `hosts`: both together, as when their configurations have nothing in common. */
export type JointPlace = 'client' | 'path' | 'server' | 'hosts' | 'nowhere' | 'unknown';

/** A session in one or more captures. */
export interface JointSession {
  /** From 1, by first packet. */
  readonly session: number;
  /** By the way from client to server, where that is known. */
  readonly seen: readonly SessionSeen[];
  /** Whether `seen` is in the order of the way; absent for a session in one capture. */
  readonly order?: 'known' | 'same-place' | 'unknown' | undefined;
  /** What the path makes of the connection; absent when it stays what it is. */
  readonly connection?: 'translated' | 'renumbered' | 'proxied' | undefined;
  /** What they tell together. */
  readonly verdict: JointVerdict;
  /** Between neighbours in `seen`; absent for a session in one capture and behind a proxy. */
  readonly legs?: readonly JointLeg[] | undefined;
}

/** A session as one capture has it. */
export interface SessionSeen {
  /** Name of the capture. */
  readonly capture: string;
  /** Its number there. */
  readonly session: number;
  /** How it was found to be the same; absent for the first. */
  readonly matchedBy?: MatchedBy | undefined;
  /** Who opened the connection, as seen here. */
  readonly client: SeenEnd;
  /** Who was connected to, as seen here. */
  readonly server: SeenEnd;
  /** Of its first packet, by this capture's clock. */
  readonly start: string;
  /** Of its last packet, by this capture's clock. */
  readonly end: string;
  /** Numbers in this capture. */
  readonly packets: { readonly first: number; readonly last: number };
  /** As this capture alone has it; and so are the next ones. */
  readonly fate: Fate;
  readonly stage: Stage;
  readonly ending: Ending;
  readonly endedBy: EndedBy;
  readonly certainty: Certainty;
  /** First cause of this capture alone. */
  readonly cause?: { readonly id: string; readonly confidence: Confidence } | undefined;
  /** Routers between this capture and the host, by hop limits. */
  readonly hopsToClient?: number | undefined;
  readonly hopsToServer?: number | undefined;
}

/** An end of a session as one capture has it. */
export interface SeenEnd {
  /** Other than at another capture where it is translated. */
  readonly address: string;
  /** TCP port. */
  readonly port: number;
  /** Identification string without line end; absent when not seen. */
  readonly identification?: string | undefined;
}

/** Where on the way a session broke, and why. */
export interface JointVerdict {
  /** Whose doing it is. */
  readonly place: JointPlace;
  /**
   * Names of the captures between which it happened; one name where it is known on one side only. With one name and
   * another place than 'path', it is that end, or the path between the capture and the end: 'unknown' for a capture that
   * was taken on the way, the end for one that may have been taken there.
   */
  readonly between?:
    | { readonly after?: string | undefined; readonly before?: string | undefined }
    | undefined;
  /** Absent when the captures do not tell one. */
  readonly cause?: JointCause | undefined;
  /** What happened, and where, in a sentence or two. */
  readonly summary: string;
  /** The packets that show it. */
  readonly evidence: readonly JointEvidence[];
  /** What to do or to run; absent when there is nothing to do. */
  readonly nextSteps?: readonly string[] | undefined;
}

/** Why, by all captures together. */
export interface JointCause {
  /** Of the causes of one capture, or of those that only several captures tell: `sshfate explain` lists both. */
  readonly id: string;
  /** How far the packets bear it out. */
  readonly confidence: Confidence;
}

/** A packet that shows it. */
export interface JointEvidence extends Evidence {
  /** Name of the capture that holds it. */
  readonly capture: string;
}

/** The way between two neighbouring captures. */
export interface JointLeg {
  /** Name of the capture nearer to the client. */
  readonly from: string;
  /** Name of the capture nearer to the server. */
  readonly to: string;
  /** Of packets to the server. */
  readonly clientToServer: LegReport;
  /** Of packets to the client. */
  readonly serverToClient: LegReport;
}

/** One direction between two neighbouring captures. Counts of nothing are absent. */
export interface LegReport {
  /** Seen at both. */
  readonly packets: number;
  /** From the one to the other, on the first capture's clock; absent without packets at both. */
  readonly delayMs?: { readonly least: number; readonly median: number; readonly most: number } | undefined;
  /** Left the one and never came to the other; a later copy did, or none did. */
  readonly lost?: { readonly repaired: number; readonly forGood: number } | undefined;
  /** At the capture nearer to the receiver only, and not the sender's. */
  readonly inserted?: number | undefined;
  /** Copies that were seen at the capture nearer to the receiver only. */
  readonly repeated?: number | undefined;
  /** Packets cut up or put together on the way. */
  readonly recut?: number | undefined;
  /** At one of the two only because the other capture is incomplete. */
  readonly missed?: { readonly bySender: number; readonly byReceiver: number } | undefined;
  /** At one only, at a time at which the other capture holds nothing at all. */
  readonly outside?: number | undefined;
  /** What the path changed; absent when nothing. */
  readonly changes?: readonly ReportedChange[] | undefined;
  /** What happened to single packets, in order, at most 32. */
  readonly events?: readonly LegEvent[] | undefined;
}

/** A field that the path changed. */
export interface ReportedChange {
  /** Which one. */
  readonly kind: ChangeKind;
  /** What the sender sent. */
  readonly from: string;
  /** What arrived. */
  readonly to: string;
  /** How many have this change. */
  readonly packets: number;
  /** Of the first packet. */
  readonly example: { readonly fromPacket: number; readonly toPacket: number };
}

/** What happened to one packet. */
export interface LegEvent {
  /** `repaired`: lost, and a later copy came. */
  readonly kind: 'lost' | 'repaired' | 'inserted' | 'repeated' | 'missed';
  /** Name of the capture that holds it. */
  readonly capture: string;
  /** Number there. */
  readonly packet: number;
  /** ISO 8601 UTC, by that capture's clock. */
  readonly time: string;
  /** Which packet it is, in words. */
  readonly what: string;
}
