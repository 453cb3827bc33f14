import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { readView, type Search, type View, writeView } from './view.ts'

/** The view of the URL, and a way to change it: one history entry per change, so that Back undoes it. */
export function useView(): { view: View; change: (part: Partial<View>) => void } {
  const search: Search = useSearch({ strict: false })
  const navigate = useNavigate()
  // Equal searches are equal objects only by accident; their text decides.
  const text = JSON.stringify(search)
  const view = useMemo(() => readView(JSON.parse(text) as Search), [text])
  const change = useCallback(
    (part: Partial<View>) => {
      void navigate({
        to: '/',
        search: (current: Search) => writeView({ ...readView(current), ...part }),
        resetScroll: false,
      })
    },
    [navigate],
  )
  return { view, change }
}
