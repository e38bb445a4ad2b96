import { createHash } from 'node:crypto';
import type { IncidentFinding } from '../report/incident/incident.ts';

/** What goes to a ticket. Texts are raw. */
export interface TicketContent {
  readonly captures: readonly {
    readonly name: string;
    /** Of the first packet, ISO 8601; absent for a capture without packets. */
    readonly start?: string | undefined;
  }[];
  readonly sessions: number;
  readonly findings: readonly IncidentFinding[];
  readonly attachments: readonly Attachment[];
  /** Sentences about what could not be attached, for whatever reason. */
  readonly notAttached: readonly string[];
  /** Of this program. */
  readonly version: string;
}

export interface Attachment {
  /** Tells its content: the same name is the same file, so that a ticket's list of files says what is there already. */
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Hexadecimal. */
  readonly sha256: string;
  /** What it is, a few words for people. */
  readonly label: string;
}

/** Names the file `STEM.DIGEST.EXTENSION`. */
export function attachment(
  stem: string,
  extension: string,
  type: string,
  label: string,
  bytes: Uint8Array,
): Attachment {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const name = `${stem.replace(/[^\w.-]+/g, '-').slice(0, 80)}.${sha256.slice(0, 12)}.${extension}`;
  return { name, type, bytes, sha256, label };
}
