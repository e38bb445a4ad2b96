import { FATES, type Fate } from '../fate/vocabulary.ts';
import type { CaptureRecord, Finding, Summary } from './document.ts';
import { byWorst, FindingAggregator } from './findings.ts';
import { leftOutOf } from './left-out.ts';
import { PatternFindings } from './pattern-findings.ts';
import type { ReportedSession } from './reporter.ts';

/** How many sessions of a capture met the same fate for the same cause. */
export interface Verdict {
  readonly fate: Fate;
  readonly causeId: string | undefined;
  sessions: number;
}

/** All of a report but the sessions themselves: what was read, how many of which fate, and the findings. */
export class Overview {
  readonly captures: CaptureRecord[] = [];
  sessions = 0;
  private readonly fates = new Map<Fate, number>();
  private readonly causes = new Map<string, number>();
  /** Of each of `captures`, in the order of first appearance. */
  readonly verdicts: Verdict[][] = [];
  private current: Verdict[] = [];
  private readonly aggregator = new FindingAggregator();
  private readonly patterns = new PatternFindings();

  /** Returns how many sessions of the same finding came before; undefined for one that is no finding. */
  add(session: ReportedSession): number | undefined {
    const { fate, causeId } = session;
    this.sessions++;
    this.fates.set(fate, (this.fates.get(fate) ?? 0) + 1);
    this.verdictOf(fate, causeId).sessions++;
    if (causeId !== undefined) this.causes.set(causeId, (this.causes.get(causeId) ?? 0) + 1);
    this.patterns.add(session);
    return this.aggregator.add(session);
  }

  captureEnded(capture: CaptureRecord): void {
    this.captures.push(capture);
    this.verdicts.push(this.current);
    this.current = [];
    this.aggregator.captureEnded(capture);
    this.patterns.captureEnded(capture);
  }

  /** Sessions that did not pass the filters of the command line. */
  get leftOut(): number {
    return leftOutOf(this.captures);
  }

  /** Fates in the order of the vocabulary, causes by number of sessions. */
  summary(): Summary {
    const limits = { ...this.aggregator.limits(), ...this.patterns.limits() };
    const fates = FATES.filter((fate) => this.fates.has(fate)).map((fate) => [fate, this.fates.get(fate)]);
    const causes = [...this.causes].sort((a, b) => b[1] - a[1]);
    return {
      sessions: this.sessions,
      fates: Object.fromEntries(fates),
      causes: Object.fromEntries(causes),
      ...(Object.keys(limits).length > 0 && { limits }),
    };
  }

  findings(): Finding[] {
    return [...this.aggregator.findings(), ...this.patterns.findings()].sort(byWorst);
  }

  /** There are few in a capture: some of the fates, each with some of its causes. */
  private verdictOf(fate: Fate, causeId: string | undefined): Verdict {
    for (const verdict of this.current) {
      if (verdict.fate === fate && verdict.causeId === causeId) return verdict;
    }
    const verdict = { fate, causeId, sessions: 0 };
    this.current.push(verdict);
    return verdict;
  }
}
