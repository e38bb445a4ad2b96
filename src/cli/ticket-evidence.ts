import type { CaptureRecord, Finding } from '../report/document.ts';
import type { Attachment } from '../tickets/ticket-content.ts';
import type { CaptureRunSettings } from './capture-run.ts';

/** Makes the evidence captures of the findings: what could be made, and sentences about what could not. */
export type EvidenceMaker = (
  captures: readonly CaptureRecord[],
  findings: readonly Finding[],
  settings: CaptureRunSettings,
) => Promise<{ readonly files: readonly Attachment[]; readonly notMade: readonly string[] }>;

export const noEvidence: EvidenceMaker = async () => ({ files: [], notMade: [] });
