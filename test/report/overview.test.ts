import { expect, test } from 'vitest';
import { Overview } from '../../src/report/overview.ts';
import { captureRecord, completed, noCommonKex, portClosed, reported } from './fixtures.ts';

test('counts sessions by fate in the order of the vocabulary, and causes by how often they occur', () => {
  const overview = new Overview();
  for (const record of [completed(), noCommonKex(), portClosed(), noCommonKex()])
    overview.add(reported(record));
  const summary = overview.summary();
  expect(summary).toEqual({
    sessions: 4,
    fates: { 'rst-after-syn': 1, 'close-during-kex': 2, completed: 1 },
    causes: { 'no-common-kex': 2, 'port-closed': 1 },
  });
  expect(Object.keys(summary.fates)).toEqual(['rst-after-syn', 'close-during-kex', 'completed']);
  expect(Object.keys(summary.causes)).toEqual(['no-common-kex', 'port-closed']);
});

test('says how many sessions of the same finding came before', () => {
  const overview = new Overview();
  const before = [portClosed(), completed(), portClosed()].map((record) => overview.add(reported(record)));
  expect(before).toEqual([0, undefined, 1]);
});

test('keeps the verdicts of each capture apart', () => {
  const overview = new Overview();
  overview.add(reported(portClosed()));
  overview.add(reported(portClosed()));
  overview.captureEnded(captureRecord());
  overview.add(reported(completed()));
  overview.captureEnded(captureRecord());
  expect(overview.verdicts).toEqual([
    [{ fate: 'rst-after-syn', causeId: 'port-closed', sessions: 2 }],
    [{ fate: 'completed', causeId: undefined, sessions: 1 }],
  ]);
});

test('says what the limits of the findings cost, and nothing when they cost nothing', () => {
  const overview = new Overview();
  const session = reported(portClosed());
  overview.add(session);
  expect(overview.summary()).not.toHaveProperty('limits');
  for (let i = 0; i < 10_001; i++) overview.add({ ...session, clientAddressWords: [i, 0, 0, 0] });
  expect(overview.summary().limits).toEqual({ 'sessions-of-uncounted-clients': 2 });
});
