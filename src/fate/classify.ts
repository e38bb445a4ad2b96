import type { CloseFacts, FateFacts } from '../session/record.ts';
import { fateOf } from './table.ts';
import { type Certainty, type EndedBy, type Ending, type Fate, STAGES, type Stage } from './vocabulary.ts';

/** What became of a session: the label and what it rests on. */
export interface Judgement {
  /** The label. */
  readonly fate: Fate;
  /** How far the session had come. */
  readonly stage: Stage;
  /** How it ended. */
  readonly ending: Ending;
  /** Who ended it. */
  readonly endedBy: EndedBy;
  /** How far packets show it. */
  readonly certainty: Certainty;
  /** Why it is undetermined or only inferred; absent when observed. */
  readonly reason?: string;
}

/** How a session ended, before the label is looked up. */
interface End {
  readonly stage: Stage;
  readonly ending: Ending;
  readonly endedBy: EndedBy;
  /** The ending itself rests on order or time. */
  readonly inferred?: string;
}

const MISSING_REASONS: Readonly<Record<NonNullable<FateFacts['missing']>, string>> = {
  'one-direction': 'only one direction of the session is in the capture',
  'snap-length': 'the snap length cut the deciding bytes off',
  'lost-packets': 'the capture lost packets with deciding bytes',
  filter: 'the capture holds nothing but SYN, FIN and RST segments, and what lay between them decides',
  'capture-drops': 'the capture lost packets while it went on, and what did not come would decide',
  midway: 'the capture has no start of one direction',
  evicted: 'the session was given up before its end because too many were open at once',
};

/**
 * Gives a session its one fate. Sees nothing but the facts of the record, so a saved record can be judged again:
 * `classifyFate(record.observed)`.
 */
export function classifyFate(facts: FateFacts): Judgement {
  const end = endOf(facts);
  const { stage, ending } = end;
  // Who closed first may lie in the direction that was not captured.
  const endedBy = facts.oneDirection !== undefined && ending !== 'open' ? 'unknown' : end.endedBy;
  if (facts.missing !== undefined && (ending !== 'open' || hidesEnd(facts.missing))) {
    const reason = MISSING_REASONS[facts.missing];
    return { fate: 'undetermined', stage, ending, endedBy, certainty: 'inferred', reason };
  }
  if (ending === 'open') return { fate: 'open', stage, ending, endedBy, certainty: 'observed' };
  const fate =
    facts.foreign && stage === 'tcp' ? 'not-ssh' : (gaveUp(facts, end) ?? fateOf(stage, ending, endedBy));
  if (fate === 'undetermined') {
    return {
      fate,
      stage,
      ending,
      endedBy,
      certainty: 'inferred',
      reason: 'the answer to the SYN is not in the capture',
    };
  }
  const reason = inference(facts, end, fate);
  if (reason === undefined) return { fate, stage, ending, endedBy, certainty: 'observed' };
  return { fate, stage, ending, endedBy, certainty: 'inferred', reason };
}

/** Whether the session may be over without the capture showing it. */
const hidesEnd = (missing: FateFacts['missing']): boolean =>
  missing === 'evicted' || missing === 'capture-drops' || missing === 'filter';

/**
 * A side that closes a session while its own data stays unanswered, or the other side's does not reach it, gave up: the
 * session was lost before.
 */
function gaveUp(facts: FateFacts, end: End): Fate | undefined {
  const close = facts.closes[0];
  if (close === undefined || end.stage !== 'session' || end.ending !== 'fin') return undefined;
  return close.unacknowledged ? 'lost-in-session' : undefined;
}

function endOf(facts: FateFacts): End {
  const [first, second] = facts.closes;
  if (first !== undefined) return closedBy(facts, first, second);
  const { stage } = facts;
  if (facts.icmp !== undefined) return { stage, ending: 'icmp', endedBy: 'path' };
  if (facts.owed?.silent === true) return { stage, ending: 'silence', endedBy: 'nobody' };
  return { stage, ending: 'open', endedBy: 'nobody' };
}

function closedBy(facts: FateFacts, first: CloseFacts, second: CloseFacts | undefined): End {
  const order = first.byOrder ? 'the order of packets decides, no acknowledgement tells' : undefined;
  const inferred = order === undefined ? {} : { inferred: order };
  if (first.forged) return { stage: first.stage, ending: first.kind, endedBy: 'path', ...inferred };
  if (second === undefined || second.afterPeerClose) {
    const endedBy = first.stage === 'session' && facts.clientAskedToLeave ? 'client' : first.side;
    return { stage: first.stage, ending: first.kind, endedBy, ...inferred };
  }
  const stage = later(first.stage, second.stage);
  const ending = first.kind === 'rst' || second.kind === 'rst' ? 'rst' : 'fin';
  const endedBy = stage === 'session' && facts.clientAskedToLeave ? 'client' : 'both';
  return { stage, ending, endedBy, ...inferred };
}

const later = (a: Stage, b: Stage): Stage => (STAGES.indexOf(a) >= STAGES.indexOf(b) ? a : b);

function inference(facts: FateFacts, end: End, fate: Fate): string | undefined {
  if (end.inferred !== undefined) return end.inferred;
  if (end.stage === 'session') return 'authentication is told from the sizes of encrypted packets';
  if (end.stage === 'auth')
    return 'that authentication did not succeed is told from the sizes of encrypted packets';
  if (facts.stageInferred && end.stage === 'kex')
    return 'SSH-1: the key exchange is told from its message numbers';
  if (end.stage === 'unknown') return 'the capture has no start of the session';
  if (
    end.ending === 'silence' &&
    facts.owed?.what.startsWith('SYN') === false &&
    fate !== 'syn-ack-unanswered'
  ) {
    return 'that the session was stuck is told from time';
  }
  return undefined;
}
