import type { AnalysisJob } from './analysis-job.ts';
import type { ComparisonJob } from './comparison-job.ts';
import type { EvidenceJob } from './evidence-job.ts';
import type { AnalysisProgress } from './stored-capture.ts';

export type Job =
  | (AnalysisJob & { readonly kind: 'analysis' })
  | (ComparisonJob & { readonly kind: 'comparison' })
  | (EvidenceJob & { readonly kind: 'evidence' });

export type Answer =
  | { readonly kind: 'progress'; readonly progress: AnalysisProgress }
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };
