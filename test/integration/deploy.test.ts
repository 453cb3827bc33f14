/** What compose.yaml and deploy/ say, read by the tools that are to read it, and by people's mistakes in them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { settings } from '../../src/config.ts'
import {
  deployToolsUnavailable,
  openComposeConfig,
  openKubernetesValidate,
  openKustomize,
  openPromtool,
  readYaml,
  type Tool,
  use,
} from '../support/deploy-tools.ts'

const unavailable = deployToolsUnavailable()
let composeConfig: Tool
let kustomize: Tool
let kubernetesValidate: Tool
let promtool: Tool
let scratch: string

beforeAll(async () => {
  if (unavailable) return
  scratch = await mkdtemp(join(tmpdir(), 'deploy-'))
  composeConfig = await openComposeConfig()
  kustomize = await openKustomize()
  kubernetesValidate = await openKubernetesValidate()
  promtool = await openPromtool()
}, 900_000)
afterAll(async () => {
  if (!unavailable) await rm(scratch, { recursive: true })
})
beforeEach((context) => {
  context.skip(unavailable !== null, unavailable ?? undefined)
})

async function write(name: string, text: string): Promise<string> {
  const path = join(scratch, name)
  await writeFile(path, text)
  return path
}

describe('compose', () => {
  interface Service {
    readonly image: string
    readonly command?: readonly string[]
    readonly environment?: Readonly<Record<string, string>>
    readonly healthcheck?: object
    readonly ports?: readonly { host_ip?: string; published: string }[]
    readonly read_only?: boolean
    readonly networks: Readonly<Record<string, unknown>>
    readonly deploy: { replicas?: number; resources: { limits: { memory: string } } }
    readonly logging: { options: Readonly<Record<string, string>> }
  }
  const fleet = ['-f', 'compose.yaml']
  const development = [...fleet, '-f', 'compose.dev.yaml']
  const monitored = [...fleet, '-profile', 'monitoring']
  const usesKafka = ['ingest', 'persistence', 'serve']
  const roles = ['db-init', 'ingest', 'persistence', 'serve', 'maintain']

  interface Project {
    readonly name: string
    readonly services: Readonly<Record<string, Service>>
    readonly volumes: Readonly<Record<string, { name: string }>>
  }

  async function configOf(args: readonly string[]): Promise<Project> {
    const outcome = await use(composeConfig, ...args)
    expect(outcome.ok, outcome.output).toBe(true)
    return JSON.parse(outcome.stdout) as Project
  }

  test('the fleet is what the documents say', async () => {
    const { services } = await configOf(fleet)
    expect(Object.keys(services).sort()).toEqual([...roles, 'kafka', 'postgres'].sort())
    expect(services.persistence?.deploy.replicas).toBe(2)
    for (const role of roles) {
      expect(services[role]).toMatchObject({
        image: 'bsky-analytics',
        command: [role],
        read_only: true,
      })
    }
    const more = Object.keys((await configOf(monitored)).services)
    expect(more).toEqual(expect.arrayContaining(['grafana', 'prometheus']))
  })

  test('every container is bounded and reached from this machine alone', async () => {
    const all = Object.entries((await configOf(monitored)).services)
    for (const [name, { image, ports = [], healthcheck, deploy, logging }] of all) {
      expect(Number(deploy.resources.limits.memory), name).toBeGreaterThan(0)
      expect(logging.options, name).toMatchObject({ 'max-size': '10m' })
      expect(
        ports.every((port) => port.host_ip === '127.0.0.1'),
        name,
      ).toBe(true)
      if (roles.includes(name)) continue
      expect(image, name).toMatch(/:v?\d+\.\d+/)
      expect(healthcheck, name).toBeDefined()
    }
  })

  test('roles get settings that exist, and the database only where it is used', async () => {
    for (const files of [fleet, development]) {
      const { services } = await configOf(files)
      for (const role of roles) {
        const { environment = {}, networks = {} } = services[role] ?? {}
        expect(Object.keys(environment).filter((name) => !(name in settings))).toEqual([])
        expect('DATABASE_URL' in environment, role).toBe(role !== 'ingest')
        expect('KAFKA_BROKERS' in environment, role).toBe(usesKafka.includes(role))
        expect('internet' in networks, role).toBe(['ingest', 'serve'].includes(role))
      }
    }
  })

  test('development takes the sources of this folder, keeps data apart and starts again when they change', async () => {
    const { name, services, volumes } = await configOf(development)
    expect(services.ingest).toMatchObject({
      entrypoint: expect.arrayContaining(['--watch', 'src/cli.ts']),
      environment: { SOURCE: 'synthetic' },
    })
    expect(name).toBe('bluesky-analytics-dev')
    expect(volumes.postgres?.name).toBe('bluesky-analytics-dev_postgres')
  })

  test('a misspelt key is refused', async () => {
    const text = await readFile('compose.yaml', 'utf8')
    const path = await write(
      'compose.yaml',
      text.replace('stop_grace_period', 'stop_grace_periode'),
    )
    const outcome = await use(composeConfig, '-f', path)
    expect(outcome).toMatchObject({
      ok: false,
      output: expect.stringContaining('stop_grace_periode'),
    })
  })
})

describe('Kubernetes', () => {
  interface Container {
    readonly name: string
    readonly image: string
    readonly args: readonly string[]
    readonly securityContext: object
    readonly resources: { limits: { memory: string } }
    readonly envFrom: readonly { secretRef?: { name: string } }[]
  }
  interface Manifest {
    readonly kind: string
    readonly metadata: { name: string }
    readonly data?: Readonly<Record<string, string>>
    // biome-ignore lint/suspicious/noExplicitAny: each kind has one of its own; a missing part fails the test
    readonly spec: any
  }

  async function build(folder: string): Promise<{ path: string; manifests: readonly Manifest[] }> {
    const outcome = await use(kustomize, folder)
    expect(outcome.ok, outcome.output).toBe(true)
    const path = await write(`${folder.replaceAll(/\W/g, '-')}.yaml`, outcome.stdout)
    return { path, manifests: (await readYaml(path)) as Manifest[] }
  }

  const folders = ['deploy/kubernetes/base', 'deploy/kubernetes/production']

  test.for(folders)('%s builds, and every field of it exists', async (folder) => {
    const { path, manifests } = await build(folder)
    const outcome = await use(kubernetesValidate, '-k', '1.37', '--strict', path)
    expect(outcome.ok, outcome.output).toBe(true)
    const passed = outcome.output.match(/passed for resource/g) ?? []
    const unknown = [...outcome.output.matchAll(/find schema for kind (\w+)/g)].map(
      ([, kind]) => kind,
    )
    // KEDA's is no part of Kubernetes; what it says is looked at below.
    expect(unknown).toEqual(folder.endsWith('production') ? ['ScaledObject'] : [])
    expect(passed.length + unknown.length).toBe(manifests.length)
  })

  test.for(folders)('%s runs every role locked up, probed and bounded', async (folder) => {
    const { manifests } = await build(folder)
    const deployments = manifests.filter(({ kind }) => kind === 'Deployment')
    const roles = deployments.map(({ metadata }) => metadata.name)
    const expected = ['ingest', 'maintain', 'persistence', 'serve']
    expect(roles.sort()).toEqual(expected.map((role) => `bluesky-${role}`))
    for (const { metadata, spec } of deployments) {
      const pod = spec.template.spec
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      const containers: Container[] = [...pod.containers, ...(pod.initContainers ?? [])]
      for (const container of containers) {
        expect(container.image).toMatch(/bsky-analytics:\d+\.\d+\.\d+$/)
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container.resources.limits.memory).toMatch(/i$/)
      }
      const [role] = pod.containers
      expect([`bluesky-${role.args[0]}`]).toEqual([metadata.name])
      expect(role.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'http' })
      expect(role.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' })
      expect(secretsOf(role)).toEqual(
        {
          'bluesky-ingest': ['bluesky-kafka'],
          'bluesky-maintain': ['bluesky-database'],
        }[metadata.name] ?? ['bluesky-database', 'bluesky-kafka'],
      )
    }
  })

  function secretsOf({ envFrom }: Container): string[] {
    return envFrom.flatMap(({ secretRef }) => secretRef?.name ?? [])
  }

  test.for(folders)(
    '%s says settings that exist, and lets everybody ask for names',
    async (folder) => {
      const { manifests } = await build(folder)
      const maps = manifests.filter(({ kind }) => kind === 'ConfigMap')
      const names = maps.flatMap(({ data = {} }) => Object.keys(data))
      expect(names.length).toBeGreaterThan(3)
      expect(names.filter((name) => !(name in settings))).toEqual([])
      const policy = manifests.find(({ metadata }) => metadata.name === 'bluesky-default')
      // Kustomize adds labels of ours to selectors; with one here no name would be found.
      expect(policy?.spec.egress[0].to[0].podSelector).toEqual({
        matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }],
      })
      expect(policy?.spec.policyTypes).toEqual(['Ingress', 'Egress'])
    },
  )

  test('workers are scaled by the lag of their own group, up to the number of partitions', async () => {
    const { manifests } = await build('deploy/kubernetes/production')
    const { data = {} } = manifests.find(({ data }) => data?.KAFKA_BROKERS !== undefined) ?? {}
    const { spec } = manifests.find(({ kind }) => kind === 'ScaledObject') ?? {}
    expect(spec.scaleTargetRef).toEqual({ name: 'bluesky-persistence' })
    expect(spec.maxReplicaCount).toBe(Number(data.KAFKA_PARTITIONS))
    expect(spec.triggers).toMatchObject([
      {
        type: 'kafka',
        metadata: {
          bootstrapServers: data.KAFKA_BROKERS,
          consumerGroup: settings.KAFKA_GROUP.standard,
          topic: settings.KAFKA_TOPIC.standard,
        },
      },
    ])
    const workers = manifests.find(({ metadata }) => metadata.name === 'bluesky-persistence')
    expect(workers?.spec).not.toHaveProperty('replicas')
  })

  test('the example of secrets and the part for the Prometheus Operator can be used', async () => {
    const secrets = 'deploy/kubernetes/secrets.example.yaml'
    const outcome = await use(kubernetesValidate, '-k', '1.37', '--strict', secrets)
    expect(outcome.ok, outcome.output).toBe(true)
    const written = (await readYaml(secrets)) as { stringData: Record<string, string> }[]
    const names = written.flatMap(({ stringData }) => Object.keys(stringData))
    expect(names.filter((name) => !(name in settings))).toEqual([])

    const here = relative(scratch, join(process.cwd(), 'deploy/kubernetes'))
    const lines = [
      `resources: [${here}/base]`,
      `components: [${here}/components/prometheus-operator]`,
    ]
    await write('kustomization.yaml', lines.join('\n'))
    const { manifests } = await build(scratch)
    const monitor = manifests.find(({ kind }) => kind === 'PodMonitor')
    expect(monitor?.spec.jobLabel).toBe('app.kubernetes.io/component')
  })

  test('a misspelt field and a missing file are refused', async () => {
    const { path } = await build('deploy/kubernetes/base')
    const text = await readFile(path, 'utf8')
    const wrong = await write('wrong.yaml', text.replace('readOnlyRootFilesystem', 'readOnlyRoot'))
    const outcome = await use(kubernetesValidate, '-k', '1.37', '--strict', wrong)
    expect(outcome).toMatchObject({ ok: false, output: expect.stringContaining('readOnlyRoot') })

    await write('kustomization.yaml', 'resources: [missing.yaml]')
    expect(await use(kustomize, scratch)).toMatchObject({
      ok: false,
      output: expect.stringContaining('missing.yaml'),
    })
  })
})

describe('Prometheus and Grafana', () => {
  test('Prometheus reads its configuration and the rules', async () => {
    const outcome = await use(promtool, 'check', 'config', 'deploy/prometheus/prometheus.yml')
    expect(outcome.ok, outcome.output).toBe(true)
    expect(outcome.output).toMatch(/SUCCESS: \d+ rules found/)
  })

  test('alerts fire when they should, and only then', async () => {
    const outcome = await use(promtool, 'test', 'rules', 'deploy/prometheus/alerts.test.yml')
    expect(outcome.ok, outcome.output).toBe(true)
  })

  test('an alert that would never fire is found', async () => {
    const alerts = await readFile('deploy/prometheus/alerts.yml', 'utf8')
    await write(
      'alerts.yml',
      alerts.replace('bluesky_component_up == 0', 'bluesky_component_up == 2'),
    )
    const path = await write(
      'alerts.test.yml',
      await readFile('deploy/prometheus/alerts.test.yml', 'utf8'),
    )
    const outcome = await use(promtool, 'test', 'rules', path)
    expect(outcome).toMatchObject({
      ok: false,
      output: expect.stringContaining('BlueskyComponentDown'),
    })
  })

  test('every question of the dashboard can be asked', async () => {
    const { panels } = JSON.parse(
      await readFile('deploy/grafana/dashboards/bluesky-analytics.json', 'utf8'),
    ) as { panels: { targets?: { expr: string }[] }[] }
    const rules = panels
      .flatMap(({ targets = [] }) => targets)
      .map(({ expr }, index) => ({
        record: `question:${index}`,
        expr: expr.replaceAll('$__rate_interval', '1m'),
      }))
    expect(rules.length).toBeGreaterThan(20)
    // JSON is YAML.
    const path = await write(
      'questions.yml',
      JSON.stringify({ groups: [{ name: 'dashboard', rules }] }),
    )
    const outcome = await use(promtool, 'check', 'rules', path)
    expect(outcome.ok, outcome.output).toBe(true)
  })
})
