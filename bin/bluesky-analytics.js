#!/usr/bin/env node
// Starts the command line under a Node that can run it: this one, or the one that comes with the development packages.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const major = Number(process.versions.node.split('.')[0])
const packaged = fileURLToPath(
  new URL(
    `../node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`,
    import.meta.url,
  ),
)

if (major >= 24) {
  await import(cli)
} else if (existsSync(packaged)) {
  const child = spawn(packaged, [cli, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
} else {
  console.error(`Node 24 or newer is needed, this is ${process.versions.node}. Run npm ci first.`)
  process.exitCode = 1
}
