/**
 * What a sequence diagram shows, whoever draws it (`sequence-svg.ts`, `sequence-text.ts`): columns that speak, and in
 * order what passed between them. Texts are raw.
 */
export interface Sequence {
  /** What it is a picture of, one phrase. */
  readonly title: string;
  /** Left to right; two or more. */
  readonly columns: readonly SequenceColumn[];
  readonly rows: readonly SequenceRow[];
}

export interface SequenceColumn {
  readonly name: string;
  /** A second line, e.g. an address. */
  readonly detail?: string | undefined;
}

export type SequenceRow = SequenceMessage | SequenceNote | SequencePhase | SequencePause;

/** An arrow from one column to another. */
export interface SequenceMessage {
  readonly kind: 'message';
  /** Indices of columns: whom it names as its sender, and whom it is meant for. */
  readonly from: number;
  readonly to: number;
  /** `lost`: it ends between the two. `inserted`: it begins between the two, sent by something on the path. */
  readonly course: 'whole' | 'lost' | 'inserted';
  readonly label: string;
  /** A second, smaller line: what it said, or why it counts. */
  readonly detail?: string | undefined;
  /** `decisive`: the verdict rests on it. `trouble`: decisive, and what went wrong. */
  readonly emphasis?: 'decisive' | 'trouble' | undefined;
  /** Where the left column's capture has it; in a diagram of one capture: where that has it. */
  readonly left?: SequenceMark | undefined;
  /** Where the right column's capture has it. */
  readonly right?: SequenceMark | undefined;
}

export interface SequenceMark {
  readonly packet: number;
  /** As it shall stand there, e.g. '+0.010128 s'. */
  readonly time: string;
}

/** What a packet shows where it does not matter who sent it; always decisive. */
export interface SequenceNote {
  readonly kind: 'note';
  readonly label: string;
  readonly left?: SequenceMark | undefined;
  readonly right?: SequenceMark | undefined;
}

/** From here on the columns do something else, e.g. 'key exchange'. */
export interface SequencePhase {
  readonly kind: 'phase';
  readonly label: string;
}

/** Nothing is shown for a while, e.g. '12.3 s' or '40 more packets'. */
export interface SequencePause {
  readonly kind: 'pause';
  readonly label: string;
}
