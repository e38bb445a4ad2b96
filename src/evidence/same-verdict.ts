import type { Cause, SessionRecord } from '../session/record.ts';
import { renumbered } from './related-sessions.ts';

/** How two captures of the same sessions differ without a difference in what is told. */
export interface Translation {
  /** The original's number of a packet of the extract. */
  readonly packet: (number: number) => number;
  /** What the original's texts become in the extract. */
  readonly text: (text: string) => string;
}

/** What an extract must show as the original does: fate, cause, and the evidence, packet by packet. */
export function sameVerdict(
  original: SessionRecord,
  extract: SessionRecord,
  translation: Translation,
): boolean {
  return (
    verdictText(original, IDENTITY, translation.text) === verdictText(extract, translation.packet, IDENTITY)
  );
}

const IDENTITY = <Value>(value: Value): Value => value;

function verdictText(
  record: SessionRecord,
  packet: Translation['packet'],
  text: Translation['text'],
): string {
  const { fate, stage, ending, endedBy, certainty, reason, cause, alternatives = [] } = record;
  const told = {
    ...{ fate, stage, ending, endedBy, certainty, reason },
    packets: [record.packets.clientToServer, record.packets.serverToClient],
    cause: cause && causeFacts(cause, packet, text),
    alternatives: alternatives.map(({ id, confidence }) => [id, confidence]),
  };
  return JSON.stringify(told);
}

function causeFacts(
  { id, confidence, summary, evidence, nextSteps }: Cause,
  packet: Translation['packet'],
  text: Translation['text'],
) {
  const told = (words: string): string => text(renumbered(words, packet));
  return {
    ...{ id, confidence, summary: told(summary), nextSteps: nextSteps.map(told) },
    evidence: evidence.map((item) => ({
      packet: packet(item.packet),
      time: item.time,
      what: told(item.what),
    })),
  };
}
