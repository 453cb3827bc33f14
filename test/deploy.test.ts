import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(path, 'utf8')

interface Panel {
  readonly id: number
  readonly title: string
  readonly type: string
  readonly datasource?: { uid: string }
  readonly gridPos: { x: number; y: number; w: number; h: number }
  readonly targets?: readonly { expr: string }[]
}
const dashboard = JSON.parse(read('deploy/grafana/dashboards/bluesky-analytics.json')) as {
  panels: readonly Panel[]
}

test('alerts and dashboard ask for metrics that there are', () => {
  const defined = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('metrics.ts'))
    .flatMap((name) => [...read(join('src', name)).matchAll(/name: '(bluesky_\w+)'/g)])
    .map(([, name = '']) => name)
  expect(defined.length).toBeGreaterThan(20)
  const questions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  const rules = ['alerts.yml', 'alerts.test.yml'].map((name) => read(`deploy/prometheus/${name}`))
  const asked = [...questions, ...rules].flatMap((text) => text.match(/\bbluesky_\w+/g) ?? [])
  const unknown = asked.filter(
    (name) =>
      !defined.includes(name) && !defined.includes(name.replace(/_(bucket|sum|count)$/, '')),
  )
  expect([...new Set(unknown)]).toEqual([])
  // And every number is shown somewhere.
  const shown = asked.map((name) => name.replace(/_(bucket|sum|count)$/, ''))
  expect(defined.filter((name) => !shown.includes(name))).toEqual([])
})

test('panels of the dashboard have a place, a source and a number of their own', () => {
  const { panels } = dashboard
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const [, uid] =
    /uid: (\S+)/.exec(read('deploy/grafana/provisioning/datasources/prometheus.yaml')) ?? []
  for (const { title, type, datasource, gridPos, targets = [] } of panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
    if (type === 'row') continue
    expect(datasource?.uid, title).toBe(uid)
    expect(targets.length, title).toBeGreaterThan(0)
  }
  const overlaps = panels.flatMap((a, index) =>
    panels.slice(index + 1).flatMap((b) => (overlap(a, b) ? `${a.title} and ${b.title}` : [])),
  )
  expect(overlaps).toEqual([])
})

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

test('the image starts the program as its command does, from files that there are', () => {
  const dockerfile = read('Dockerfile')
  const [, flags = ''] =
    /const args = \[('--[^\]]+?'), here/.exec(read('bin/bluesky-analytics.js')) ?? []
  const started = ['node', ...flags.replaceAll("'", '').split(', '), 'src/cli.ts']
  expect(dockerfile).toContain(`ENTRYPOINT ${JSON.stringify(started).replaceAll(',', ', ')}`)

  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) =>
    list.split(' '),
  )
  expect(copied.length).toBeGreaterThan(5)
  expect(copied.filter((path) => !existsSync(path))).toEqual([])
  const sent = read('.dockerignore').match(/(?<=^!).+$/gm) ?? []
  expect(copied.filter((path) => !sent.some((root) => path.startsWith(root)))).toEqual([])
})
