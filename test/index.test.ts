import { expect, test } from 'vitest';
import * as library from '../src/index.ts';

test('The library has these functions, classes and tables, and no others by accident.', () => {
  expect(Object.keys(library).sort()).toEqual([
    'CaptureError',
    'ENDED_BY',
    'ENDINGS',
    'EvidenceError',
    'FATES',
    'Packet',
    'STAGES',
    'analyzeCapture',
    'classifyFate',
    'compareCaptures',
    'extractEvidence',
    'openCapture',
  ]);
});
