/**
 * sshfate as a library: from a capture to every session's fate.
 *
 * ```ts
 * import { analyzeCapture } from 'sshfate';
 * const capture = await analyzeCapture('dump.pcap', {}, (session) => {
 *   console.log(session.fate, session.client.address, session.cause?.summary);
 * });
 * ```
 */

export type { Capture } from './capture/capture.ts';
export { CaptureError } from './capture/capture-error.ts';
export type { CaptureDamage, CaptureFormat, CaptureInfo } from './capture/capture-info.ts';
export { openCapture } from './capture/open-capture.ts';
export { Packet, type PacketSink } from './capture/packet.ts';
export type * from './compare/comparison.ts';
export { type CompareCapturesOptions, compareCaptures } from './compare-captures.ts';
export { type AnalyzeOptions, type AnalyzeProgress, analyzeCapture } from './engine.ts';
export { EvidenceError } from './evidence/evidence-error.ts';
export {
  type Evidence,
  type EvidenceOptions,
  type ExtractedSession,
  extractEvidence,
} from './evidence/extract-evidence.ts';
export type { EvidenceSelection } from './evidence/find-targets.ts';
export { classifyFate, type Judgement } from './fate/classify.ts';
export * from './fate/vocabulary.ts';
export type * from './report/document.ts';
export type * from './session/record.ts';
export { Session } from './session/session.ts';
