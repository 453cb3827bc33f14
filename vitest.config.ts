import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const shared = { environment: 'node', unstubEnvs: true } as const

export default defineConfig({
  test: {
    // Most files wait for servers rather than for a processor; on two cores the standard would be one file at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: ['test/support/kafka.ts'],
    reporters: ['default', './test/support/reporter.ts'],
    projects: [
      { test: { ...shared, name: 'unit', include: ['src/**/*.test.ts', 'test/*.test.ts'] } },
      { test: { ...shared, name: 'web', include: ['web/**/*.test.{ts,tsx}'] } },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/oracle/**/*.test.ts'],
          globalSetup: ['test/support/database.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
