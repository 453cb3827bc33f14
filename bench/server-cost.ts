import { readdir, readFile } from 'node:fs/promises'

const ticksPerSecond = 100

/**
 * Processor seconds that a PostgreSQL server has used so far: its processes that live and, by way of the first one, those
 * that have ended. Null where the system has no /proc.
 *
 * @param postmaster process id of the server
 */
export async function readServerCpuSeconds(postmaster: number): Promise<number | null> {
  const first = await readStat(postmaster)
  if (!first) return null
  let ticks = first.own + first.ended
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) ? await readStat(Number(name)) : null
    if (stat?.parent === postmaster) ticks += stat.own
  }
  return ticks / ticksPerSecond
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function readStat(
  pid: number,
): Promise<{ parent: number; own: number; ended: number } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [parent = 0] = fields.slice(1)
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11)
  return { parent, own: user + system, ended: endedUser + endedSystem }
}
