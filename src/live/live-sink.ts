import type { Session } from '../session/session.ts';
import type { FindingEvent, LiveFindings } from './live-findings.ts';
import type { Via } from './packet-source.ts';
import type { Verdict, Watch } from './watch.ts';

/** How a watch goes, some times a second. */
export interface LiveState {
  readonly watch: Watch;
  readonly findings: LiveFindings;
  /** Nanoseconds since the watch began. */
  readonly nowNs: number;
  readonly packetsASecond: number;
  /** Known to be lost by the capture. */
  readonly lost: number;
  readonly interfaces: readonly {
    readonly name: string;
    readonly via: Via;
    readonly capturing: boolean;
    /** Undefined where the source cannot tell. */
    readonly drops: number | undefined;
  }[];
}

/** Takes what a watch finds. Sessions are only valid during the call. */
export interface LiveSink {
  verdict?(session: Session, verdict: Verdict): void;
  /** Over for good, with the verdict that stands. */
  ended?(session: Session): void;
  finding?(event: FindingEvent): void;
  /** A notice for people, one or two sentences. */
  notice?(text: string): void;
  state?(state: LiveState): void;
  /** What the watch came to, in a sentence; told once, before the end. */
  closing?(text: string): void;
  /** SIGHUP: files are begun anew. */
  rotate?(): void;
  /** Nothing more comes: what waits is written. */
  end?(): void | Promise<void>;
}
