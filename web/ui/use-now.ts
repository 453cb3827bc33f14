import { useEffect, useState } from 'react'
import { serverNowMs } from '../data/clock.ts'

/** The server's time, ms, renewed every `everyMs` while the page is visible. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(serverNowMs)
  useEffect(() => {
    const tick = () => {
      if (document.visibilityState === 'visible') setNow(serverNowMs())
    }
    const timer = setInterval(tick, everyMs)
    document.addEventListener('visibilitychange', tick)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }, [everyMs])
  return now
}
