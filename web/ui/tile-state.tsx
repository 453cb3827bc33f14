import RotateCw from 'lucide-react/icons/rotate-cw'
import TriangleAlert from 'lucide-react/icons/triangle-alert'
import type { ReactNode } from 'react'
import { RequestError } from '../data/api.ts'
import { refusedFilters } from '../data/filters.ts'

/** A grey stand-in of the size of what is coming. */
export function Skeleton({ className }: { className: string }) {
  return <div aria-hidden className={`skeleton ${className}`} />
}

interface FailureProps {
  readonly error: Error
  readonly onRetry: () => void
  readonly className?: string
}

/** Why a tile has no answer (what is wrong with a filter is said once, beside it), under which id the server logged it, and a way to ask again. */
export function Failure({ error, onRetry, className = '' }: FailureProps) {
  if (error instanceof RequestError && refusedFilters(error.parameters).length > 0)
    return <Empty className={className}>Not answered: see the filter above.</Empty>
  const id = error instanceof RequestError ? error.requestId : null
  const code = error instanceof RequestError ? error.code : null
  return (
    <div
      role="alert"
      className={`flex flex-col items-center justify-center gap-2 p-4 text-center ${className}`}
    >
      <TriangleAlert size={18} className="text-warn" aria-hidden />
      <p className="max-w-[44ch]">{error.message}</p>
      {(id || code) && (
        <p className="text-faint text-xs">
          {code && <span>{code}</span>}
          {code && id && ' · '}
          {id && <span className="select-all">request {id}</span>}
        </p>
      )}
      <button type="button" onClick={onRetry} className="control">
        <RotateCw size={13} aria-hidden /> Try again
      </button>
    </div>
  )
}

/** Nothing to show: why, and what to do about it. */
export function Empty({ children, className = '' }: { children: ReactNode; className?: string }) {
  return (
    <div
      className={`flex flex-col items-center justify-center gap-2.5 p-4 text-center text-muted ${className}`}
    >
      {children}
    </div>
  )
}

/** Shown beside numbers whose renewal failed: they are still the ones from before. */
export function StaleMark({ error, onRetry }: FailureProps) {
  return (
    <button
      type="button"
      onClick={onRetry}
      title={error.message}
      className="inline-flex items-center gap-1 rounded-md px-1.5 py-0.5 text-warn text-xs hover:bg-warn-soft"
    >
      <TriangleAlert size={12} aria-hidden /> not renewed, try again
    </button>
  )
}
