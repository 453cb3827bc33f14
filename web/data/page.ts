import { createContext, use } from 'react'
import type { FilterName } from './filters.ts'
import type { Question } from './queries.ts'
import type { View } from './view.ts'

/** What the tiles of a page share. */
export interface Page {
  readonly view: View
  /** Pushes one history entry. */
  readonly change: (part: Partial<View>) => void
  /** Null until the range is known. */
  readonly question: Question | null
  readonly zone: string
  /** The range ends now, and the page follows it. */
  readonly live: boolean
  /** Sets a filter, or takes it away where it is set to that value already. */
  readonly toggleFilter: (name: FilterName, value: string) => void
  readonly synthetic: boolean
}

export const PageContext = createContext<Page | null>(null)

/** The page around a tile. Throws outside of one. */
export function usePage(): Page {
  const page = use(PageContext)
  if (!page) throw new Error('usePage needs a PageContext around it')
  return page
}
