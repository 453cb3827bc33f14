import { alt } from './alt.ts'
import { client } from './client.ts'
import { collection } from './collection.ts'
import type { Dimension } from './dimension.ts'
import { domain } from './domain.ts'
import { emoji } from './emoji.ts'
import { hourOfWeek } from './hour-of-week.ts'
import { kind } from './kind.ts'
import { language } from './language.ts'
import { media } from './media.ts'
import { mention } from './mention.ts'
import { operation } from './operation.ts'
import { tag } from './tag.ts'

/** Everything that is counted, one a line, sorted. A dimension added here is counted from then on; `recount` does the past. */
export const dimensions: readonly Dimension[] = [
  alt,
  client,
  collection,
  domain,
  emoji,
  hourOfWeek,
  kind,
  language,
  media,
  mention,
  operation,
  tag,
]
