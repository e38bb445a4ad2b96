import { FATES, type Fate } from '../fate/vocabulary.ts';
import type { CaptureRecord, Finding, Summary } from './document.ts';
import { FindingAggregator } from './findings.ts';
import type { ReportedSession } from './reporter.ts';

/** All of a report but the sessions themselves: what was read, how many of which fate, and the findings. */
export class Overview {
  readonly captures: CaptureRecord[] = [];
  sessions = 0;
  private readonly fates = new Map<Fate, number>();
  private readonly causes = new Map<string, number>();
  private readonly aggregator = new FindingAggregator();

  /** Returns how many sessions of the same finding came before; undefined for one that is no finding. */
  add(session: ReportedSession): number | undefined {
    const { fate, causeId } = session;
    this.sessions++;
    this.fates.set(fate, (this.fates.get(fate) ?? 0) + 1);
    if (causeId !== undefined) this.causes.set(causeId, (this.causes.get(causeId) ?? 0) + 1);
    return this.aggregator.add(session);
  }

  captureEnded(capture: CaptureRecord): void {
    this.captures.push(capture);
    this.aggregator.captureEnded(capture);
  }

  /** Fates in the order of the vocabulary, causes by number of sessions. */
  summary(): Summary {
    const limits = this.aggregator.limits();
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
    return this.aggregator.findings();
  }
}
