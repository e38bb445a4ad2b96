import { expect, test } from 'vitest';
import { REPORTERS } from '../../src/report/index.ts';
import { captureRecord, noCommonKex, reported } from './fixtures.ts';
import { MemoryOutput } from './memory-output.ts';

test('every format prints the fate of a session', async () => {
  for (const create of Object.values(REPORTERS)) {
    const output = new MemoryOutput();
    const reporter = await create(output, {
      width: 80,
      colour: false,
      all: false,
      wide: false,
      limit: 20,
      severalCaptures: false,
    });
    reporter.session(reported(noCommonKex()));
    reporter.capture(captureRecord());
    reporter.end();
    expect(output.text).toContain('close-during-kex');
  }
});
