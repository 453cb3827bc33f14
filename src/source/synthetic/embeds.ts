import type { Draws } from './draws.ts'
import { cidText } from './ids.ts'
import { jsonBlob, jsonRef, jsonText, type StrongRef } from './json.ts'
import type { Language } from './languages.ts'
import { drawLink } from './links.ts'
import { postShares } from './mix.ts'
import { createWeighted } from './skew.ts'
import { drawText } from './text.ts'
import type { Topic } from './words/words.ts'

const imageCount = createWeighted([82, 10, 3, 4])
/** Share of quotes that also show something. */
const quoteWithMedia = 0.15

export interface EmbedScene {
  readonly language: Language
  readonly topic: Topic
  /** The post to quote, worked out only where one is quoted. */
  readonly quoted: () => StrongRef
}

/** The `embed` member of a post with its comma, or nothing. */
export function drawEmbed(draws: Draws, scene: EmbedScene): string {
  const unit = draws.unit()
  const { quote, images, video, linkCard } = postShares
  if (unit < quote) return `"embed":${drawQuote(draws, scene)},`
  if (unit < quote + images) return `"embed":${drawImages(draws, scene)},`
  if (unit < quote + images + video) return `"embed":${drawVideo(draws)},`
  if (unit < quote + images + video + linkCard) return `"embed":${drawCard(draws, scene)},`
  return ''
}

function drawQuote(draws: Draws, scene: EmbedScene): string {
  const record = jsonRef(scene.quoted())
  if (!draws.chance(quoteWithMedia)) {
    return `{"$type":"app.bsky.embed.record","record":${record}}`
  }
  return (
    `{"$type":"app.bsky.embed.recordWithMedia","media":${drawImages(draws, scene)},` +
    `"record":{"$type":"app.bsky.embed.record","record":${record}}}`
  )
}

function drawImages(draws: Draws, scene: EmbedScene): string {
  const withAlt = draws.chance(postShares.altText)
  const images = Array.from({ length: imageCount(draws.unit()) + 1 }, () => {
    const alt = withAlt ? drawCaption(draws, scene) : ''
    const blob = jsonBlob(cidText(draws, 'blob'), 'image/jpeg', 20_000 + draws.below(950_000))
    return `{"alt":${jsonText(alt)},"aspectRatio":${drawRatio(draws)},"image":${blob}}`
  })
  return `{"$type":"app.bsky.embed.images","images":[${images.join(',')}]}`
}

function drawVideo(draws: Draws): string {
  const blob = jsonBlob(cidText(draws, 'blob'), 'video/mp4', 300_000 + draws.below(40_000_000))
  return `{"$type":"app.bsky.embed.video","aspectRatio":${drawRatio(draws)},"video":${blob}}`
}

function drawCard(draws: Draws, scene: EmbedScene): string {
  const { uri } = drawLink(draws, scene.topic)
  const [title, description] = [drawCaption(draws, scene), drawCaption(draws, scene)]
  const thumb = draws.chance(0.7)
    ? `"thumb":${jsonBlob(cidText(draws, 'blob'), 'image/jpeg', 10_000 + draws.below(300_000))},`
    : ''
  return (
    `{"$type":"app.bsky.embed.external","external":{"description":${jsonText(description)},${thumb}` +
    `"title":${jsonText(title)},"uri":${jsonText(uri)}}}`
  )
}

function drawCaption(draws: Draws, { language, topic }: EmbedScene): string {
  const length = 30 + draws.below(80)
  return drawText(draws, language.words, { topic, length, reply: false })
}

function drawRatio(draws: Draws): string {
  return `{"height":${600 + draws.below(2_400)},"width":${600 + draws.below(3_400)}}`
}
