import { configDefaults, defineConfig } from 'vitest/config';

/** Tests that look at the clock, at memory, at a port or at a screen: with company they would measure the company. */
const ALONE = [
  'test/browser/**/*.test.ts',
  'test/cli/{live-*,serve}.test.ts',
  'test/compare-captures.test.ts',
  'test/diagnosis/client-text.test.ts',
  'test/lab/**/*.test.ts',
  'test/live/**/*.test.ts',
  'test/metrics/**/*.test.ts',
  'test/properties/**/*.test.ts',
  'test/store/**/*.test.ts',
  'test/systemd/**/*.test.ts',
  'test/tickets/**/*.test.ts',
  'test/web/**/*.test.ts',
  'test/webhook/**/*.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...ALONE],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
