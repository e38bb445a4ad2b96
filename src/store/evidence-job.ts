import { closeSync, openSync, writeSync } from 'node:fs';
import { extractEvidence } from '../evidence/extract-evidence.ts';
import type { EvidenceSelection } from '../evidence/find-targets.ts';

export interface EvidenceJob {
  readonly file: string;
  /** What comments call the source. */
  readonly name: string;
  readonly selection: EvidenceSelection;
  readonly stripPayload: boolean;
  /** 32 bytes; addresses stay without one. */
  readonly anonymizationKey?: Uint8Array;
  readonly application: string;
  /** Where it is written. */
  readonly output: string;
}

/**
 * Writes the packets of sessions with comments; returns sentences about what was left out or changed.
 *
 * @throws EvidenceError when they are not in the capture.
 */
export async function extractStored(job: EvidenceJob): Promise<readonly string[]> {
  const descriptor = openSync(job.output, 'w', 0o600);
  try {
    const { notes } = await extractEvidence(
      job.file,
      job.selection,
      {
        application: job.application,
        sourceName: job.name,
        stripPayload: job.stripPayload,
        anonymizationKey: job.anonymizationKey,
      },
      (bytes) => {
        for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      },
    );
    return notes;
  } finally {
    closeSync(descriptor);
  }
}
