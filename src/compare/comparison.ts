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
  readonly schema: 'sshfate/comparison@1';
  readonly captures: readonly ComparedCapture[];
  readonly summary: ComparisonSummary;
  /** What to check where little or nothing matched; absent when there is nothing to check. */
  readonly hints?: readonly string[] | undefined;
  readonly sessions: readonly JointSession[];
}

export interface ComparedCapture {
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

export interface CaptureClock {
  /** What its clock shows more, when the sessions that are in both began. */
  readonly offsetMs: number;
  /** The offset may be wrong by so much; absent where packets in one direction only are in both. */
  readonly errorMs?: number | undefined;
  /** How much faster it runs, in millionths; absent where that does not show. */
  readonly driftPpm?: number | undefined;
}

export interface ComparisonSummary {
  /** Sessions in all captures together, each once. */
  readonly sessions: number;
  /** Of these, in more than one capture. */
  readonly matched: number;
  readonly places: Readonly<Partial<Record<JointPlace, number>>>;
  readonly causes: Readonly<Record<string, number>>;
}

/** Whose doing it is. `hosts`: both together, as when their configurations have nothing in common. */
export type JointPlace = 'client' | 'path' | 'server' | 'hosts' | 'nowhere' | 'unknown';

export interface JointSession {
  /** From 1, by first packet. */
  readonly session: number;
  /** By the way from client to server, where that is known. */
  readonly seen: readonly SessionSeen[];
  /** Whether `seen` is in the order of the way; absent for a session in one capture. */
  readonly order?: 'known' | 'same-place' | 'unknown' | undefined;
  /** What the path makes of the connection; absent when it stays what it is. */
  readonly connection?: 'translated' | 'renumbered' | 'proxied' | undefined;
  readonly verdict: JointVerdict;
  /** Between neighbours in `seen`; absent for a session in one capture and behind a proxy. */
  readonly legs?: readonly JointLeg[] | undefined;
}

export interface SessionSeen {
  readonly capture: string;
  /** Its number there. */
  readonly session: number;
  readonly matchedBy?: MatchedBy | undefined;
  readonly client: SeenEnd;
  readonly server: SeenEnd;
  readonly start: string;
  readonly end: string;
  readonly packets: { readonly first: number; readonly last: number };
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

export interface SeenEnd {
  readonly address: string;
  readonly port: number;
  readonly identification?: string | undefined;
}

export interface JointVerdict {
  readonly place: JointPlace;
  /**
   * Names of the captures between which it happened; one name where it is known on one side only. With one name and
   * another place than 'path', it is that end, or the path between the capture and the end: 'unknown' for a capture that
   * was taken on the way, the end for one that may have been taken there.
   */
  readonly between?:
    | { readonly after?: string | undefined; readonly before?: string | undefined }
    | undefined;
  readonly cause?: JointCause | undefined;
  /** What happened, and where, in a sentence or two. */
  readonly summary: string;
  readonly evidence: readonly JointEvidence[];
  readonly nextSteps?: readonly string[] | undefined;
}

export interface JointCause {
  /** Of the causes of one capture, or of {@link JOINT_CAUSES}. */
  readonly id: string;
  readonly confidence: Confidence;
}

export interface JointEvidence extends Evidence {
  readonly capture: string;
}

export interface JointLeg {
  readonly from: string;
  readonly to: string;
  readonly clientToServer: LegReport;
  readonly serverToClient: LegReport;
}

/** One direction between two neighbouring captures. Counts of nothing are absent. */
export interface LegReport {
  /** Seen at both. */
  readonly packets: number;
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
  readonly changes?: readonly ReportedChange[] | undefined;
  /** What happened to single packets, in order, at most 32. */
  readonly events?: readonly LegEvent[] | undefined;
}

export interface ReportedChange {
  readonly kind: ChangeKind;
  readonly from: string;
  readonly to: string;
  readonly packets: number;
  /** Of the first packet. */
  readonly example: { readonly fromPacket: number; readonly toPacket: number };
}

export interface LegEvent {
  readonly kind: 'lost' | 'repaired' | 'inserted' | 'repeated' | 'missed';
  readonly capture: string;
  readonly packet: number;
  readonly time: string;
  readonly what: string;
}
