import { collection } from './collection.ts'
import type { Dimension } from './dimension.ts'
import { domain } from './domain.ts'
import { language } from './language.ts'
import { operation } from './operation.ts'
import { tag } from './tag.ts'

/** Everything that is counted, one a line, sorted. A dimension added here is counted from then on. */
export const dimensions: readonly Dimension[] = [
  collection, //
  domain,
  language,
  operation,
  tag,
]
