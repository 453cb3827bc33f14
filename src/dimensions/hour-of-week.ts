import { defineDimension } from './dimension.ts'

const hourUs = 3_600_000_000
/** 1970-01-01 was a Thursday. */
const firstWeekday = 3

/** Rows by weekday and hour of their network time, UTC: `1-00` is Monday from 0 to 1 o'clock, `7-23` the end of Sunday. */
export const hourOfWeek = defineDimension({
  name: 'hour-of-week',
  keys: ({ timeUs }) => {
    const hours = Math.floor(timeUs / hourUs)
    const weekday = ((Math.floor(hours / 24) + firstWeekday) % 7) + 1
    return [`${weekday}-${String(hours % 24).padStart(2, '0')}`]
  },
  grains: ['day'],
})
