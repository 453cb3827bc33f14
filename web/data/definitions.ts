import type { Metric } from './view.ts'

/** What each headline number counts, in the words shown beside it. */
export const definitions: Readonly<Record<Metric, { label: string; text: string }>> = {
  events: {
    label: 'Events/s',
    text: 'Everything that accounts wrote, changed or deleted, per second of time that was listened to. While the page is live, the large number is the rate of the last 10 seconds; the average is that of the range.',
  },
  posts: {
    label: 'Posts',
    text: 'Posts, replies and quotes written in the range, by the time the network saw them, without those since deleted.',
  },
  accounts: {
    label: 'Active accounts',
    text: 'Different accounts that wrote, changed or deleted anything. Under a filter: different authors of matching posts. Activity is kept by the clock hour, so a range is counted over the hours that it touches. The chart counts each hour or day by itself: an account active in two of them is in both.',
  },
  languages: {
    label: 'Languages',
    text: 'Different languages that authors declared on their posts, without undeclared ones. A post may declare several. Nothing is detected from the text.',
  },
  lag: {
    label: 'Lag',
    text: 'Age of the newest stored event: how long after the network saw something it can be counted here.',
  },
}
