import { hostPort } from '../diagnosis/cause-definition.ts';
import { FATE_DEFINITIONS } from '../fate/definitions.ts';
import { forTerminal } from '../report/escape.ts';
import { grouped } from '../report/layout.ts';
import type { SessionRecord } from '../session/record.ts';

/** A session as the comments tell of it: its numbers and texts are those of the evidence file. */
export interface CommentedSession {
  /** In the source. */
  readonly number: number;
  readonly record: SessionRecord;
  /** The evidence file shows the same as the source. */
  readonly isSame: boolean;
}

export interface CommentedSource {
  /** Absent where it would tell too much. */
  readonly name: string | undefined;
  readonly sha256: string;
  readonly packets: number;
}

export interface SectionComment {
  readonly application: string;
  readonly source: CommentedSource;
  readonly packets: number;
  readonly sessions: readonly CommentedSession[];
  /** What was changed, left out or could not be kept, a sentence each. */
  readonly notes: readonly string[];
}

/** Sessions that are told in full; a comment has an end. */
const MAX_TOLD = 20;

/**
 * The verdict, for whoever opens the file: what happened, why, by which packets, what to do. Lines of plain text; what
 * came off the wire is escaped.
 */
export function sectionComment(comment: SectionComment): string {
  const { application, source, packets, sessions, notes } = comment;
  const name = source.name === undefined ? 'a capture' : forTerminal(source.name);
  const more = sessions.length - MAX_TOLD;
  return [
    `Evidence by ${application}: ${grouped(packets)} of the ${grouped(source.packets)} packets of ${name} (SHA-256 ${source.sha256}).`,
    'Packet numbers here are those of this file; frame.packet_id has the number that a packet has in the source.',
    ...notes.map(forTerminal),
    ...sessions.slice(0, MAX_TOLD).flatMap((session) => ['', ...verdictLines(session)]),
    ...(more > 0 ? ['', `And ${grouped(more)} more sessions of the same finding.`] : []),
  ].join('\n');
}

function verdictLines({ number, record, isSame }: CommentedSession): string[] {
  const { client, server, fate, stage, endedBy, certainty, cause, start } = record;
  const title = FATE_DEFINITIONS[fate].title;
  const lines = [
    `Session ${number}${record.session === number ? '' : ` (session ${record.session} in this file)`}: ${hostPort(client)} to ${hostPort(server)}, ${start}`,
    `Fate: ${fate} (${title}), ended by ${endedBy} at stage ${stage}, ${certainty}`,
  ];
  if (!isSame) lines.push('This file does not show all that this verdict rests on: see above.');
  if (cause === undefined) return lines;
  lines.push(`Cause: ${cause.id} (${cause.confidence}). ${forTerminal(cause.summary)}`);
  for (const { packet, what } of cause.evidence)
    lines.push(`Evidence: packet ${packet}: ${forTerminal(what)}`);
  for (const step of cause.nextSteps) lines.push(`Next: ${forTerminal(step)}`);
  return lines;
}

/** What is told of a packet, each a comment of its own, by its number in the evidence file. */
export function packetComments(
  sessions: readonly CommentedSession[],
  nameOf: (packet: number) => string,
): Map<number, string[]> {
  const comments = new Map<number, string[]>();
  const add = (packet: number, text: string): void => {
    const comment = `${nameOf(packet)}, ${text}`;
    const list = comments.get(packet);
    if (list === undefined) comments.set(packet, [comment]);
    else if (!list.includes(comment)) list.push(comment);
  };
  for (const { number, record } of sessions) {
    for (const { packet, from, what, detail } of record.timeline) {
      add(
        packet,
        `session ${number}, ${from}: ${what}${detail === undefined ? '' : ` ${forTerminal(detail)}`}`,
      );
    }
    const { cause } = record;
    for (const { packet, what } of cause?.evidence ?? []) {
      add(packet, `session ${number}, evidence of ${cause?.id} (${cause?.confidence}): ${forTerminal(what)}`);
    }
  }
  return comments;
}
