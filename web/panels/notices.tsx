import CloudOff from 'lucide-react/icons/cloud-off'
import ServerOff from 'lucide-react/icons/server-off'
import type { ReactNode } from 'react'
import { RequestError } from '../data/api.ts'
import { useHealth } from '../data/queries.ts'

/** What the whole page must know: the server is gone, or the source is. */
export function Notices() {
  const { data, error } = useHealth()
  if (error instanceof RequestError && error.kind === 'unreachable')
    return (
      <Notice icon={<ServerOff size={16} aria-hidden />} title="The server does not answer">
        <p>
          What is shown is from before. This page keeps trying; if the server was stopped, start it
          again with <Command>npm start</Command>.
        </p>
      </Notice>
    )
  const source = data?.components.find((component) => component.name === 'source')
  if (source?.state !== 'down') return null
  return (
    <Notice icon={<CloudOff size={16} aria-hidden />} title="The source cannot be reached">
      <p className="stranger">{source.detail}</p>
      <p>
        It keeps trying, and goes on by itself where it stopped. To look around without a network,
        start it with <Command>npm start -- --demo</Command>.
      </p>
    </Notice>
  )
}

function Notice({
  icon,
  title,
  children,
}: {
  icon: ReactNode
  title: string
  children: ReactNode
}) {
  return (
    <div
      role="alert"
      className="flex gap-3 rounded-lg border border-bad/40 bg-bad-soft px-4 py-3 text-ink"
    >
      <span className="mt-0.5 text-bad">{icon}</span>
      <div className="min-w-0 text-muted">
        <p className="font-semibold text-ink">{title}</p>
        {children}
      </div>
    </div>
  )
}

export function Command({ children }: { children: string }) {
  return (
    <code className="whitespace-nowrap rounded-sm border border-line bg-sunken px-1.5 py-px font-mono text-ink text-xs">
      {children}
    </code>
  )
}
