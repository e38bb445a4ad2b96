import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import type { FindingEvent } from '../../src/live/live-findings.ts';
import { LiveFindings } from '../../src/live/live-findings.ts';
import { eventBody, isEventBody } from '../../src/webhook/event-document.ts';
import { HOSTILE, noCommonKex, reported } from '../report/fixtures.ts';
import { findingEvent, numberedId } from './findings.ts';

const SCHEMAS = path.join(import.meta.dirname, '../../schema');
const read = (name: string) => JSON.parse(readFileSync(path.join(SCHEMAS, name), 'utf8'));
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
ajv.addSchema([read('session-1.json'), read('report-1.json')]);
const isEvent = ajv.compile(read('finding-event-1.json'));

const about = {
  id: '01234567-89ab-4cde-8f01-23456789abcd',
  time: '2026-11-23T11:26:48.000Z',
  source: { host: 'bastion', interfaces: ['eth0', 'eth1'], version: '1.2.3' },
};

test('an event of every kind is as the schema says', () => {
  const sessions = [noCommonKex(), noCommonKex({ session: 2 })].map((record) => reported(record));
  const events: FindingEvent[] = [];
  const findings = new LiveFindings({
    name: 'eth0',
    iso: () => '2026-11-23T11:26:48.000000000Z',
    onEvent: (event) => events.push(event),
  });
  for (let i = 0; i < 10; i++) findings.verdict(sessions[0] as never, { revision: 1 }, i);
  findings.tick(1e12);
  // One that opens, and is taken back.
  findings.verdict(sessions[1] as never, { revision: 1 }, 2e12);
  findings.verdict(
    reported({ ...noCommonKex({ session: 2 }), fate: 'completed', cause: undefined }),
    { revision: 2, previous: { fate: 'close-during-kex', cause: 'no-common-kex' } },
    2e12,
  );
  expect(events.map(({ event, finding: { sessions } }) => [event, sessions])).toEqual([
    ['opened', 1],
    ['grew', 10],
    ['ended', 10],
    ['opened', 1],
    ['ended', 0],
  ]);
  for (const event of events) {
    const document = JSON.parse(eventBody(event, about).toString());
    isEvent(document);
    expect(isEvent.errors).toBeNull();
    expect(document).toMatchObject({ ...about, event: event.event });
    expect(isEvent({ ...document, extra: 1 })).toBe(false);
  }
});

test('what the wire says cannot be seen by a terminal or a log viewer, and comes back as it was', () => {
  const event = findingEvent(numberedId(1), { summary: HOSTILE });
  const body = eventBody(event, about);
  expect(body.toString('latin1')).toMatch(/^[ -~]*$/);
  expect(JSON.parse(body.toString())).toEqual({ schema: 'sshfate/finding-event@1', ...about, ...event });
});

test('a body is known by its schema and its id', () => {
  const body = eventBody(findingEvent(numberedId(1)), about);
  expect(isEventBody(body, about.id)).toBe(true);
  expect(isEventBody(body, about.id.replace('0', '1'))).toBe(false);
  for (const wrong of ['', 'null', '{}', '[]', body.toString().slice(0, -1)]) {
    expect(isEventBody(Buffer.from(wrong), about.id)).toBe(false);
  }
});
