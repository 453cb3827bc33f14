/** The jars of a Kafka broker, fetched by Maven on first use, and the Java that runs them. */
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pom = join(root, 'test/support/servers/pom.xml')
const cache = join(root, '.cache/kafka')
const oldestJava = 17

const run = promisify(execFile)

/** Why a real broker cannot be had on this machine, or null where it can. */
export function kafkaUnavailable(): string | null {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' })
  if (java.error) return 'Java is not installed, which runs the real Kafka broker'
  // "1.8.0" is Java 8, "17.0.15" is Java 17.
  const version = Number(/version "(\d+)/.exec(java.stderr)?.[1] ?? 0)
  if (version < oldestJava)
    return `Kafka needs Java ${oldestJava}; "java -version" says: ${java.stderr.trim()}`
  if (existsSync(jarsFolder())) return null
  const maven = spawnSync('mvn', ['--version'], { encoding: 'utf8' })
  if (maven.error) return 'Maven is not installed, which fetches the real Kafka broker'
  return maven.status === 0 ? null : `"mvn --version" fails: ${maven.stdout.trim()}`
}

export interface KafkaJars {
  readonly classpath: string
  /** Where Java keeps what it has worked out about their classes; the file need not be there yet. */
  readonly archive: string
}

/** The jars, fetched if they are not there yet. */
export async function kafkaJars(): Promise<KafkaJars> {
  const folder = jarsFolder()
  if (!existsSync(folder)) await fetchJars(folder)
  const jars = (await readdir(folder)).sort()
  return {
    classpath: jars.map((name) => join(folder, name)).join(delimiter),
    archive: `${folder}.jsa`,
  }
}

/** Named by what it is made from, so that another version is fetched again. */
function jarsFolder(): string {
  const recipe = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)
  return join(cache, recipe)
}

/** Into a folder of its own and then moved, so that two test processes may fetch at the same time. */
async function fetchJars(folder: string): Promise<void> {
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'fetch-'))
  try {
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies']
    await run('mvn', [...args, `-DoutputDirectory=${join(work, 'jars')}`], { cwd: work })
    await rename(join(work, 'jars'), folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
