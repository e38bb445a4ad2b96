import { expect, it } from 'vitest';
import { judgeCaptures } from '../../../src/cli/capture-run.ts';
import { comparedSessions, recordCaptures } from '../../../src/cli/compare.ts';
import { collectIncident } from '../../../src/report/incident/collect-incident.ts';
import type { Incident } from '../../../src/report/incident/incident.ts';
import { withJointVerdicts } from '../../../src/report/incident/joint-findings.ts';
import { renderHtml, renderJson, renderText } from '../../../src/report/incident/render.ts';
import { memoryTerminal } from '../../cli/memory-terminal.ts';
import { captureNamed } from '../../evidence/extracting.ts';

async function incidentOf(name: string): Promise<Incident> {
  const captures = [captureNamed(`${name}.client`), captureNamed(`${name}.server`)];
  const collector = collectIncident();
  await judgeCaptures(captures, {}, memoryTerminal(), async () => collector);
  const { recorded } = await recordCaptures(captures, {}, memoryTerminal(), new AbortController());
  const { comparison, exchangeOf } = comparedSessions(recorded);
  return withJointVerdicts(collector.incident(), comparison, exchangeOf);
}

const FORGED = 'close-during-kex-forged-reset-to-client';

it('puts the verdict of both ends beside the findings of each', async () => {
  const { findings } = await incidentOf(FORGED);
  expect(findings).toHaveLength(2);
  for (const { joint } of findings) {
    expect(joint?.verdict).toMatchObject({
      place: 'path',
      cause: { id: 'rst-injected', confidence: 'certain' },
    });
  }
});

it('says it first, with its steps, and draws the session once, the forged packet among its packets', async () => {
  const incident = await incidentOf(FORGED);
  const text = renderText(incident, 200);
  expect(text).toMatch(
    /By all captures together \(the path, rst-injected, certain\): The RST that the client received/,
  );
  expect(text.match(/Between the captures: session 1 of/g)).toHaveLength(1);
  // Captures at both ends are what this is told from.
  expect(text).not.toContain('On both ends, at the same time');
  const html = renderHtml(incident);
  expect(html).toContain('By all captures together');
  expect(html.match(/<svg/g)?.length).toBeGreaterThan(1);
});

it('keeps pictures out of the JSON', async () => {
  const { findings } = JSON.parse(renderJson(await incidentOf(FORGED)));
  expect(findings[0].joint.verdict.place).toBe('path');
  expect(findings[0]).not.toHaveProperty('jointSequence');
});

it('leaves findings alone whose sessions were not compared', async () => {
  const incident = await incidentOf(FORGED);
  const { findings } = withJointVerdicts(
    { ...incident, findings: incident.findings.map(({ joint: _, jointSequence: __, ...rest }) => rest) },
    {
      schema: 'sshfate/comparison@1',
      captures: [],
      summary: { sessions: 0, matched: 0, places: {}, causes: {} },
      sessions: [],
    },
    () => undefined,
  );
  for (const finding of findings) expect(finding).not.toHaveProperty('joint');
});
