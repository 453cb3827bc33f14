import type { Draws } from './draws.ts'
import { drawLeaning } from './hashtags.ts'
import { createRanking } from './skew.ts'
import { adjectives, nouns } from './words/names.ts'
import type { Topic } from './words/words.ts'

/** Hosts many link to, the usual ones first. The domain `.example` is reserved: nobody can ever own these. */
const commonHosts = (
  'news.example observatory.example daily.example video.example weather.example recipes.example ' +
  'radio.example museum.example library.example trainspotter.example birdatlas.example gardenclub.example ' +
  'podcast.example cityhall.example university.example bakery.example bookshop.example chess.example ' +
  'cinema.example photo.example market.example maps.example cycling.example orchestra.example ' +
  'planetarium.example teahouse.example theatre.example school.example harbour.example magazine.example'
).split(' ')

/** Share of links to hosts that hardly anybody else links to. */
const rareShare = 0.6
const rankOf = createRanking({ ranks: commonHosts.length, slope: 0.97, offset: 0.8 })

export interface Link {
  readonly uri: string
  /** What stands in the text: without the scheme, and cut off where it is long. */
  readonly shown: string
}

export function drawLink(draws: Draws, topic: Topic): Link {
  const host = draws.chance(rareShare)
    ? `${drawLeaning(draws, adjectives)}-${drawLeaning(draws, nouns)}.example`
    : (commonHosts[rankOf(draws.unit())] ?? '')
  const name = draws.chance(0.2) ? `www.${host}` : host
  const year = 2020 + draws.below(7)
  const path = `${topic}/${year}/${draws.pick(adjectives)}-${draws.pick(nouns)}-${draws.below(10_000)}`
  const query = draws.chance(0.15) ? `?from=feed&id=${draws.below(1_000_000)}` : ''
  const full = `${name}/${path}${query}`
  const shown = full.length <= 32 ? full : `${full.slice(0, name.length + 12)}...`
  return { uri: `https://${full}`, shown }
}
