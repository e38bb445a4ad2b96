import { statSync } from 'node:fs';
import path from 'node:path';
import { CaptureError } from '../capture/capture-error.ts';
import type { AnalyzeOptions } from '../engine.ts';
import { EvidenceError } from '../evidence/evidence-error.ts';
import { extractEvidence } from '../evidence/extract-evidence.ts';
import type { Finding } from '../report/document.ts';
import { counted } from '../report/layout.ts';
import { type Attachment, attachment } from '../tickets/ticket-content.ts';
import { version } from './version.ts';

export interface TicketEvidenceOptions {
  /** As the captures were judged. */
  readonly analysis: AnalyzeOptions;
  /** Of one file. */
  readonly maxBytes?: number | undefined;
  readonly stripPayload?: boolean | undefined;
  /** Told of each reading of a capture. */
  readonly onPass?: (capture: string, what: string) => void;
}

export interface MadeEvidence {
  readonly files: readonly Attachment[];
  /** Sentences about what could not be made, or not as it should be. */
  readonly notes: readonly string[];
}

/**
 * The evidence for findings: of each capture with examples of them one pcapng that holds these sessions. The same
 * captures and findings give the same bytes.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function makeEvidence(
  findings: readonly Finding[],
  options: TicketEvidenceOptions,
): Promise<MadeEvidence> {
  const files: Attachment[] = [];
  const notes: string[] = [];
  const chosen = [...examplesByCapture(findings)];
  const readable = chosen.filter(([capture]) => {
    if (isRegularFile(capture)) return true;
    const name = capture === '-' ? 'standard input' : `\`${capture}\``;
    notes.push(
      `There is no evidence of ${name}, which can be read only once: save it to a file and name that.`,
    );
    return false;
  });
  const taken = readable.slice(0, MAX_FILES);
  for (const [capture, sessions] of taken) {
    const name = path.basename(capture);
    try {
      const chunks: Uint8Array[] = [];
      const { notes: own } = await extractEvidence(
        capture,
        { sessions },
        {
          application: `sshfate ${version()}`,
          analysis: options.analysis,
          stripPayload: options.stripPayload,
          maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
          onPass: (what) => options.onPass?.(capture, what),
        },
        (bytes) => chunks.push(bytes),
      );
      const label = `evidence for Wireshark: ${counted(sessions.length, 'session')} of ${name}`;
      files.push(attachment(stemOf(name), 'pcapng', 'application/x-pcapng', label, Buffer.concat(chunks)));
      for (const note of own) notes.push(`Evidence of \`${name}\`: ${note}`);
    } catch (error) {
      options.analysis.signal?.throwIfAborted();
      if (!(error instanceof EvidenceError || error instanceof CaptureError)) throw error;
      // The sessions are there, so the only thing that cannot be is that they fit.
      const why = error instanceof EvidenceError ? TOO_SMALL : error.message;
      notes.push(`There is no evidence of \`${name}\`: ${why}`);
    }
  }
  const others = readable.length - taken.length;
  if (others > 0) {
    notes.push(
      `There is no evidence of ${counted(others, 'more capture')}: \`sshfate extract\` makes it of each of them.`,
    );
  }
  return { files, notes };
}

/** More files nobody opens. */
const MAX_FILES = 5;
/** All examples of as many findings as a comment tells are 250. */
const MAX_SESSIONS = 250;
/** What Redmine takes when nobody changed it (5 MiB), and with it all others. */
const DEFAULT_MAX_BYTES = 5e6;
const TOO_SMALL = 'it does not fit. Allow more with `--max-attachment`.';

/** The numbers of the sessions that the findings name, worst first, by capture. */
function examplesByCapture(findings: readonly Finding[]): Map<string, number[]> {
  const chosen = new Map<string, number[]>();
  for (const { examples } of findings) {
    for (const { capture, session } of examples) {
      const sessions = chosen.get(capture);
      if (sessions === undefined) chosen.set(capture, [session]);
      else if (sessions.length < MAX_SESSIONS && !sessions.includes(session)) sessions.push(session);
    }
  }
  return chosen;
}

function isRegularFile(capture: string): boolean {
  try {
    return capture !== '-' && statSync(capture).isFile();
  } catch {
    // Gone since it was judged: the extraction says so.
    return true;
  }
}

const stemOf = (name: string): string =>
  `ssh-evidence-${name.replace(/(?:\.(?:pcapng|pcap|cap|gz))+$/i, '')}`;
