import { expect, test } from 'vitest';
import { severityOf } from '../../src/report/severity.ts';

test('a fate without a cause has the severity of the fate', () => {
  expect(severityOf('no-syn-ack', undefined)).toBe('high');
  expect(severityOf('completed', undefined)).toBe('info');
});

test('a cause that says more than the fate decides', () => {
  expect(severityOf('fin-after-banner', 'banner-grab')).toBe('info');
  expect(severityOf('close-during-kex', 'no-common-kex')).toBe('high');
});
