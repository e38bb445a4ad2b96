import type { CaptureRecord, Finding } from '../report/document.ts';
import type { Attachment } from '../tickets/ticket-content.ts';
import type { CaptureRunSettings } from './capture-run.ts';

export interface MadeEvidence {
  readonly files: readonly Attachment[];
  /** Sentences about what could not be made, or not as it should be. */
  readonly notes: readonly string[];
}

/** The evidence for findings: none can be made yet. */
export async function makeEvidence(
  _captures: readonly CaptureRecord[],
  _findings: readonly Finding[],
  _settings: CaptureRunSettings & { readonly maxAttachment?: number | undefined },
): Promise<MadeEvidence> {
  return { files: [], notes: [] };
}
