import { readdir, readFile } from 'node:fs/promises'

const ticksPerSecond = 100

/**
 * Processor seconds that a process and its children have used so far, those that have ended included: of PostgreSQL all of a
 * server. Null where the system has no /proc.
 */
export async function readCpuSeconds(pid: number): Promise<number | null> {
  const first = await readStat(pid)
  if (!first) return null
  let ticks = first.own + first.ended
  for (const child of await readChildren(pid)) ticks += child.own
  return ticks / ticksPerSecond
}

/** Largest resident memory of a process so far, bytes; null where the system has no /proc. */
export async function readMaxRssBytes(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1]
  return kib === undefined ? null : Number(kib) * 1_024
}

/** The child of this process that runs a Java class, or null where there is none, or no /proc. */
export async function findJavaChild(className: string): Promise<number | null> {
  for (const { pid } of await readChildren(process.pid)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.split('\0').includes(className)) return pid
  }
  return null
}

interface Stat {
  readonly pid: number
  readonly parent: number
  readonly own: number
  readonly ended: number
}

async function readChildren(parent: number): Promise<Stat[]> {
  const names = await readdir('/proc').catch(() => [])
  const stats = names.filter((name) => /^\d+$/.test(name)).map((name) => readStat(Number(name)))
  return (await Promise.all(stats)).flatMap((stat) => (stat?.parent === parent ? [stat] : []))
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function readStat(pid: number): Promise<Stat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [parent = 0] = fields.slice(1)
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11)
  return { pid, parent, own: user + system, ended: endedUser + endedSystem }
}
