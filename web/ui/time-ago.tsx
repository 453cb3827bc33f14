import { formatAgo } from '../data/format.ts'
import { fullTime } from '../data/zone.ts'

interface TimeAgoProps {
  readonly at: string
  readonly nowMs: number
  readonly zone: string
}

/** How long ago, with the whole date on hover. */
export function TimeAgo({ at, nowMs, zone }: TimeAgoProps) {
  const ms = Date.parse(at)
  return (
    <time dateTime={at} title={fullTime(ms, zone)}>
      {formatAgo(nowMs - ms)}
    </time>
  )
}
