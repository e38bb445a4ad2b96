import type { Cause } from '../session/record.ts';
import type { PlacedSession } from './compare-sessions.ts';
import type { JointEvidence, JointVerdict } from './comparison.ts';
import type { JudgedCapture } from './judged-capture.ts';
import type { Leg, Member } from './leg.ts';
import { type Close, closesOf, type Loss, lossesOf } from './path-events.ts';
import type { SessionView } from './trace.ts';

/** A session with its captures, and what verdicts ask of them. */
export class Case {
  readonly placed: PlacedSession;
  readonly captures: readonly JudgedCapture[];
  private madeCloses: readonly Close[] | undefined;
  private madeLosses: readonly Loss[] | undefined;

  constructor(placed: PlacedSession, captures: readonly JudgedCapture[]) {
    this.placed = placed;
    this.captures = captures;
  }

  get nearClient(): Member {
    return this.placed.members[0] as Member;
  }
  get nearServer(): Member {
    return this.placed.members.at(-1) as Member;
  }
  get closes(): readonly Close[] {
    this.madeCloses ??= closesOf(this.placed);
    return this.madeCloses;
  }
  get losses(): readonly Loss[] {
    this.madeLosses ??= lossesOf(this.placed);
    return this.madeLosses;
  }
  capture({ capture }: Member): JudgedCapture {
    return this.captures[capture] as JudgedCapture;
  }
  name(member: Member): string {
    return this.capture(member).name;
  }
  label(member: Member): string {
    return this.capture(member).label;
  }
  view({ session }: Member): SessionView {
    return session.trace.view;
  }
  number({ session }: Member, place: number): number {
    return session.trace.log.number[place] as number;
  }
  /** A packet with its capture, e.g. 'packet 14 of client.pcap'. */
  packet(member: Member, place: number): string {
    return `packet ${this.number(member, place)} of ${this.label(member)}`;
  }
  evidence(member: Member, place: number, what: string): JointEvidence {
    const { log } = member.session.trace;
    return {
      capture: this.name(member),
      packet: this.number(member, place),
      time: this.capture(member).iso(log.timeNs[place] as number),
      what,
    };
  }
  evidenceOf(member: Member, cause: Cause): readonly JointEvidence[] {
    return cause.evidence.map((one) => ({ capture: this.name(member), ...one }));
  }
  between({ first, second }: Leg): NonNullable<JointVerdict['between']> {
    return { after: this.name(first), before: this.name(second) };
  }
  /** The same cause as a single capture gave it, for its next steps. */
  known(id: string): { readonly cause: Cause; readonly member: Member } | undefined {
    for (const member of this.placed.members) {
      const cause = this.view(member).causes.find((one) => one.id === id);
      if (cause !== undefined) return { cause, member };
    }
    return undefined;
  }
  stepsFor(id: string, leg: Leg | undefined): readonly string[] {
    const steps = furtherSteps(this.known(id)?.cause.nextSteps ?? []);
    return leg === undefined ? steps : [narrower(this.label(leg.first), this.label(leg.second)), ...steps];
  }
}

/** Of a cause's next steps those that have not been taken: the captures are there. */
export const furtherSteps = (steps: readonly string[]): readonly string[] =>
  steps.filter((step) => !CAPTURES_AT_BOTH_ENDS.test(step));

const CAPTURES_AT_BOTH_ENDS = /^On both ends, at the same time: `?tcpdump/;

const narrower = (after: string, before: string): string =>
  `Look at what is between the places of ${after} and ${before}. A further capture between them, given to sshfate compare as well, narrows it down.`;

/** When a packet passed a capture, on the common clock; the session's end where the capture's log has not kept it. */
export function timeOf(member: Member, packet: number): number {
  const { view, log } = member.session.trace;
  const place = member.session.packets.all.find((each) => (log.number[each] as number) >= packet);
  return member.commonNs(place === undefined ? view.endNs : (log.timeNs[place] as number));
}
