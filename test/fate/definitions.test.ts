import { expect, test } from 'vitest';
import { FATE_DEFINITIONS } from '../../src/fate/definitions.ts';
import { FATES } from '../../src/fate/vocabulary.ts';

test('every fate has a title, a meaning and its usual causes, in the order of the vocabulary', () => {
  expect(Object.keys(FATE_DEFINITIONS)).toEqual([...FATES]);
  for (const definition of Object.values(FATE_DEFINITIONS)) {
    expect(definition.title).not.toMatch(/\.$/);
    expect(definition.meaning).toMatch(/^[A-Z].*\.$/);
    expect(definition.usualCauses.length).toBeGreaterThan(0);
  }
});

test('no two fates share a title', () => {
  const titles = Object.values(FATE_DEFINITIONS).map((definition) => definition.title);
  expect(new Set(titles).size).toBe(FATES.length);
});

test('the four fates of the old labels say what a client prints', () => {
  expect(FATE_DEFINITIONS['no-syn-ack'].clientSees).toContain(
    'ssh: connect to host HOST port PORT: Connection timed out',
  );
  expect(FATE_DEFINITIONS['rst-after-syn'].clientSees).toContain(
    'ssh: connect to host HOST port PORT: Connection refused',
  );
  expect(FATE_DEFINITIONS['fin-after-banner'].clientSees).toContain('Connection closed by ADDRESS port PORT');
  expect(FATE_DEFINITIONS['close-during-kex'].clientSees).toContain('Host key verification failed.');
});
