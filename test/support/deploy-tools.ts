/**
 * The tools that read the files of compose.yaml and deploy/, so that these are checked by their own. What the machine has
 * is used; the rest is fetched on first use into .cache/deploy/, pinned by the files of test/support/deploy/: the loader of
 * Docker Compose and `kustomize` are built by Go, `kubernetes-validate` comes by pip, `promtool` as a Debian package.
 */
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))
const recipes = join(root, 'test/support/deploy')
const cache = join(root, '.cache/deploy')

const run = promisify(execFile)

/** A program and the arguments that always come first. */
export type Tool = readonly [program: string, ...args: string[]]

export interface Outcome {
  readonly ok: boolean
  readonly stdout: string
  /** Both outputs, for people. */
  readonly output: string
}

/** Why one of the tools cannot be had on this machine, or null where they all can. */
export function deployToolsUnavailable(): string | null {
  if (!has('go', 'version')) return 'Go is not installed, which builds the loader of Docker Compose'
  if (!has('python3', '-m', 'ensurepip', '--version'))
    return 'Python with venv is not installed, which runs kubernetes-validate'
  if (!has('promtool', '--version') && !has('apt-get', '--version'))
    return 'promtool is not installed, and there is no apt-get to fetch it'
  return null
}

/** `docker compose config` without Docker: its own loader, and the result as JSON. Flags: -f file, -profile name. */
export async function openComposeConfig(): Promise<Tool> {
  return [await buildByGo('compose-config', './compose-config')]
}

/** `kustomize build`, which is also a part of kubectl. */
export async function openKustomize(): Promise<Tool> {
  if (has('kubectl', 'kustomize', '--help')) return ['kubectl', 'kustomize']
  return [await buildByGo('kustomize', 'sigs.k8s.io/kustomize/kustomize/v5'), 'build']
}

/** Checks manifests against the schemas of Kubernetes, and refuses fields that are not in them. */
export async function openKubernetesValidate(): Promise<Tool> {
  const folder = await made('python', recipeOf('requirements.txt'), async (work) => {
    await run('python3', ['-m', 'venv', work])
    const pip = join(work, 'bin/pip')
    await run(pip, ['install', '--quiet', '--requirement', join(recipes, 'requirements.txt')])
  })
  // Scripts of a venv name the folder that it was made in; the interpreter finds itself.
  return [join(folder, 'bin/python3'), '-m', 'kubernetes_validate']
}

/** The documents of a YAML file. */
export async function readYaml(path: string): Promise<unknown[]> {
  const [python] = await openKubernetesValidate()
  const program =
    'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))'
  const outcome = await use([python], '-c', program, path)
  if (!outcome.ok) throw new Error(outcome.output)
  return JSON.parse(outcome.stdout) as unknown[]
}

/** `promtool`, of any version: what is checked here is as old as Prometheus 2. */
export async function openPromtool(): Promise<Tool> {
  if (has('promtool', '--version')) return ['promtool']
  const folder = await made('promtool', 'Debian', async (work) => {
    // As root apt hands the download to an account that may not write here; it says so and goes on.
    const download = () => run('apt-get', ['download', 'prometheus'], { cwd: work })
    await download().catch(async () => {
      await run('apt-get', ['update'])
      await download()
    })
    const [deb = ''] = (await readdir(work)).filter((name) => name.endsWith('.deb'))
    await run('dpkg', ['-x', join(work, deb), work])
    await rm(join(work, deb))
  })
  return [join(folder, 'usr/bin/promtool')]
}

/** Runs a tool in the root of the project; a refusal is an answer. */
export async function use([program, ...first]: Tool, ...args: string[]): Promise<Outcome> {
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024, env: toolEnvironment() }
  return await run(program, [...first, ...args], options).then(
    ({ stdout, stderr }) => ({ ok: true, stdout, output: stdout + stderr }),
    ({
      stdout = '',
      stderr = '',
      message,
    }: Partial<Outcome> & { stderr?: string; message: string }) => ({
      ok: false,
      stdout,
      output: stdout + stderr || message,
    }),
  )
}

/** Without the settings of the program, which compose would put into its files. */
function toolEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}) }
}

async function buildByGo(program: string, source: string): Promise<string> {
  const recipe = ['go.mod', 'compose-config/main.go'].map(recipeOf).join('')
  const folder = await made(program, recipe, async (work) => {
    const env = { ...process.env, CGO_ENABLED: '0', GOBIN: work }
    await run('go', ['install', source], { cwd: recipes, env })
  })
  return join(folder, program)
}

/** A folder, made once for each recipe, under another name and then moved, so that two may make it at once. */
async function made(
  name: string,
  recipe: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const state = createHash('sha256').update(recipe).digest('hex').slice(0, 12)
  const folder = join(cache, `${name}-${state}`)
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'make-'))
  try {
    await make(work)
    await rename(work, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return folder
}

function recipeOf(file: string): string {
  return readFileSync(join(recipes, file), 'utf8')
}

function has(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}
