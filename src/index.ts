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

// Captures and their packets
export type { Capture, ReadOptions } from './capture/capture.ts';
export { CaptureError, type CaptureErrorCode } from './capture/capture-error.ts';
export type {
  CaptureDamage,
  CaptureFormat,
  CaptureInfo,
  InterfaceDescription,
} from './capture/capture-info.ts';
export { type CaptureInput, type OpenOptions, openCapture } from './capture/open-capture.ts';
export { Packet, type PacketSink } from './capture/packet.ts';
// The same sessions in several captures
export type { ChangeKind } from './compare/changes.ts';
export type { CompareOptions } from './compare/compare-sessions.ts';
export type {
  CaptureClock,
  ComparedCapture,
  Comparison,
  ComparisonSummary,
  JointCause,
  JointEvidence,
  JointLeg,
  JointPlace,
  JointSession,
  JointVerdict,
  LegEvent,
  LegReport,
  ReportedChange,
  SeenEnd,
  SessionSeen,
} from './compare/comparison.ts';
export type { Exchange, ExchangedPacket, ExchangeMark } from './compare/exchange.ts';
export type { MatchedBy } from './compare/match.ts';
export type { PacketLogLimits } from './compare/packet-log.ts';
export { type CompareCapturesOptions, compareCaptures } from './compare-captures.ts';
// Sessions of one capture
export { type AnalyzeOptions, type AnalyzeProgress, analyzeCapture } from './engine.ts';
// Some sessions' packets
export { EvidenceError } from './evidence/evidence-error.ts';
export {
  type EvidenceOptions,
  type ExtractedEvidence,
  type ExtractedSession,
  extractEvidence,
} from './evidence/extract-evidence.ts';
export type { EvidenceSelection } from './evidence/find-targets.ts';
export { classifyFate, type Judgement } from './fate/classify.ts';
export {
  type Certainty,
  ENDED_BY,
  ENDINGS,
  type EndedBy,
  type Ending,
  FATES,
  type Fate,
  STAGES,
  type Stage,
} from './fate/vocabulary.ts';
// Reports
export type { CaptureRecord, Finding, MessageSummary, Report, Severity, Summary } from './report/document.ts';
export type {
  AnomalyRecord,
  AuthRecord,
  Cause,
  CloseFacts,
  Confidence,
  DataPacket,
  Directions,
  DisconnectRecord,
  EarlierSession,
  Endpoint,
  Evidence,
  FateFacts,
  ForeignRecord,
  IcmpRecord,
  KexRecord,
  LastWords,
  LaterSession,
  MarkingChange,
  NextCapture,
  OtherSessions,
  PacketTime,
  ProposalRecord,
  ResetRecord,
  SessionRecord,
  SurroundingsRecord,
  TcpRecord,
  TimelineEntry,
  TimingRecord,
} from './session/record.ts';
export type { Session } from './session/session.ts';
export type { Mismatch, MismatchCategory, Proposal } from './ssh/conversation-api.ts';
export type { TrackerLimits } from './tcp/tracker-limits.ts';
