import CircleHelp from 'lucide-react/icons/circle-question-mark'
import Pause from 'lucide-react/icons/pause'
import Play from 'lucide-react/icons/play'
import SlidersHorizontal from 'lucide-react/icons/sliders-horizontal'
import { useState } from 'react'
import { serverNowMs } from '../data/clock.ts'
import { usePage } from '../data/page.ts'
import { offsetName } from '../data/zone.ts'
import { Logo } from '../ui/logo.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { ThemeToggle } from '../ui/theme-toggle.tsx'
import { FreshnessBadge } from './freshness-badge.tsx'
import { RangePicker } from './range-picker.tsx'
import { ZoneList, ZonePicker } from './zone-picker.tsx'

export type Opened = 'range' | 'zone' | 'help' | 'more' | null

interface TopBarProps {
  readonly opened: Opened
  readonly onOpen: (opened: Opened) => void
  readonly paused: boolean
  readonly onPause: (paused: boolean) => void
}

/** Always there: which stretch of time, in which zone, and how current it is. */
export function TopBar({ opened, onOpen, paused, onPause }: TopBarProps) {
  const { question } = usePage()
  const closed = question?.range.kind === 'absolute'
  return (
    <header className="sticky top-0 z-20 border-line border-b bg-bg/90 backdrop-blur-md">
      <div className="mx-auto flex h-[52px] max-w-[1360px] items-center gap-2 px-6 max-sm:h-14 max-sm:px-3.5">
        <a
          href="/"
          className="mr-auto flex shrink-0 items-center gap-2.5 rounded-md font-semibold tracking-tight max-sm:min-h-11 max-sm:min-w-8"
        >
          <Logo />
          <span className="max-md:sr-only">Bluesky Analytics</span>
        </a>
        <RangePicker
          open={opened === 'range'}
          onOpenChange={(open) => onOpen(open ? 'range' : null)}
        />
        <div className="contents max-sm:hidden">
          <ZonePicker
            open={opened === 'zone'}
            onOpenChange={(open) => onOpen(open ? 'zone' : null)}
          />
          <PauseButton paused={paused} onPause={onPause} closed={closed} />
        </div>
        <FreshnessBadge paused={paused || closed} />
        <div className="contents max-sm:hidden">
          <ThemeToggle />
          <button
            type="button"
            className="control w-8 justify-center px-0!"
            aria-label="Help"
            aria-keyshortcuts="?"
            title="Help (?)"
            onClick={() => onOpen('help')}
          >
            <CircleHelp size={15} aria-hidden />
          </button>
        </div>
        <button
          type="button"
          aria-label="Settings"
          className="control w-11 shrink-0 justify-center px-0! sm:hidden"
          onClick={() => onOpen('more')}
        >
          <SlidersHorizontal size={16} aria-hidden />
        </button>
      </div>
      <MoreSheet opened={opened} onOpen={onOpen} paused={paused} onPause={onPause} />
    </header>
  )
}

interface PauseButtonProps {
  readonly paused: boolean
  readonly onPause: (paused: boolean) => void
  /** The range has an end, so that there is nothing to follow. */
  readonly closed: boolean
}

function PauseButton({ paused, onPause, closed }: PauseButtonProps) {
  const { change } = usePage()
  const still = paused || closed
  return (
    <button
      type="button"
      className="control"
      aria-keyshortcuts="l"
      title={still ? 'Follow what happens now (l)' : 'Hold charts and posts still (l)'}
      onClick={() => {
        if (closed) change({ range: null })
        onPause(closed ? false : !paused)
      }}
    >
      {still ? <Play size={13} aria-hidden /> : <Pause size={13} aria-hidden />}
      <span className="sm:max-lg:sr-only">{still ? 'Go live' : 'Pause'}</span>
    </button>
  )
}

/** What a phone's bar has no room for. */
function MoreSheet({ opened, onOpen, paused, onPause }: TopBarProps) {
  const { zone, question } = usePage()
  const [choosing, setChoosing] = useState(false)
  const close = () => {
    setChoosing(false)
    onOpen(null)
  }
  return (
    <Sheet
      open={opened === 'more'}
      onClose={close}
      title={choosing ? 'Time zone' : 'Settings'}
      side="bottom"
    >
      {choosing ? (
        <ZoneList onChoose={close} />
      ) : (
        <div className="flex flex-col items-stretch gap-2 *:w-full">
          <button
            type="button"
            className="control justify-between"
            onClick={() => setChoosing(true)}
          >
            <span>{zone.replaceAll('_', ' ')}</span>
            <span className="text-faint">{offsetName(serverNowMs(), zone)}</span>
          </button>
          <PauseButton
            paused={paused}
            onPause={onPause}
            closed={question?.range.kind === 'absolute'}
          />
          <ThemeToggle labelled />
          <button type="button" className="control" onClick={() => onOpen('help')}>
            <CircleHelp size={15} aria-hidden /> Help
          </button>
        </div>
      )}
    </Sheet>
  )
}
