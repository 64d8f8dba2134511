import { defineConfig } from 'vitest/config';

const common = { pool: 'forks', maxWorkers: 2, testTimeout: 30_000, hookTimeout: 120_000 } as const;

// `suite` runs first and leaves the histories, logs and databases of all its workflows; `leftovers` then replays them
// and looks for secrets in them. `test/run.mjs` runs one after the other.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'suite',
          include: ['test/**/*.test.ts'],
          exclude: ['test/after/**', '**/node_modules/**'],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      { test: { ...common, name: 'leftovers', include: ['test/after/**/*.test.ts'] } },
    ],
  },
});
