// Renews the pictures in docs/ from the demo.
import { spawnSync } from 'node:child_process'

const { status } = spawnSync('vitest', ['run', '--project', 'e2e', '-t', 'draws'], {
  env: { ...process.env, SCREENSHOTS: 'true' },
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
process.exitCode = status ?? 1
