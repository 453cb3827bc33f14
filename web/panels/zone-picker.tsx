import Check from 'lucide-react/icons/check'
import Globe from 'lucide-react/icons/globe'
import { useMemo, useState } from 'react'
import { serverNowMs } from '../data/clock.ts'
import { usePage } from '../data/page.ts'
import { allZones, browserZone, offsetName } from '../data/zone.ts'
import { Flyout } from '../ui/flyout.tsx'

interface ZonePickerProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

const mostShown = 40

/** The zone in which hours and days begin and times are told. */
export function ZonePicker({ open, onOpenChange }: ZonePickerProps) {
  const { zone } = usePage()
  return (
    <Flyout
      open={open}
      onOpenChange={onOpenChange}
      title="Time zone"
      trigger={
        <button type="button" className="control" aria-keyshortcuts="z" title="Time zone (z)">
          <Globe size={14} className="text-muted" aria-hidden />
          {zone.replaceAll('_', ' ')}
        </button>
      }
    >
      <ZoneList onChoose={() => onOpenChange(false)} />
    </Flyout>
  )
}

/** A search field over all IANA zones, with the two that people mean most on top. */
export function ZoneList({ onChoose }: { onChoose: () => void }) {
  const { zone, view, change } = usePage()
  const [search, setSearch] = useState('')
  const own = browserZone()
  const found = useMemo(() => {
    const wanted = search.trim().toLowerCase().replaceAll(' ', '_')
    const zones = [own, 'UTC', ...allZones().filter((name) => name !== own && name !== 'UTC')]
    return [...new Set(zones)].filter((name) => name.toLowerCase().includes(wanted))
  }, [search, own])
  const nowMs = serverNowMs()
  const choose = (name: string) => {
    // Following the browser is the default and needs no word in the URL.
    change({ zone: name === own ? null : name })
    onChoose()
  }
  return (
    <form
      className="flex flex-col gap-2 sm:w-[280px]"
      onSubmit={(event) => {
        event.preventDefault()
        const [first] = found
        if (first) choose(first)
      }}
    >
      <input
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        placeholder="Search zones"
        aria-label="Search zones"
        autoComplete="off"
        className="control w-full"
      />
      <ul className="max-h-[320px] overflow-y-auto">
        {found.slice(0, mostShown).map((name) => (
          <li key={name}>
            <button
              type="button"
              onClick={() => choose(name)}
              aria-pressed={name === zone}
              className="flex min-h-8 w-full items-center gap-2 rounded-md px-2 text-left hover:bg-sunken max-sm:min-h-11"
            >
              <span className="truncate">{name.replaceAll('_', ' ')}</span>
              {name === own && <span className="text-faint text-xs">this browser</span>}
              <span className="ml-auto text-faint text-xs">{offsetName(nowMs, name)}</span>
              <Check
                size={14}
                aria-hidden
                className={name === zone ? 'text-accent' : 'invisible'}
              />
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="px-2 py-3 text-muted">No zone is named like that.</p>}
      {found.length > mostShown && (
        <p className="px-2 text-faint text-xs">{found.length - mostShown} more: type to narrow</p>
      )}
      <p className="sr-only">{view.zone === null ? 'Following this browser' : ''}</p>
    </form>
  )
}
