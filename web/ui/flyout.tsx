import { Popover } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { Sheet } from './sheet.tsx'
import { phone, useMedia } from './use-media.ts'

interface FlyoutProps {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly title: string
  /** The button that opens it; must take a ref and props. */
  readonly trigger: ReactElement
  readonly align?: 'start' | 'center' | 'end'
  readonly children: ReactNode
}

/** A small panel at its button, or a sheet from below on a phone. */
export function Flyout({ open, onOpenChange, title, trigger, align, children }: FlyoutProps) {
  const small = useMedia(phone)
  return (
    <Popover.Root open={open && !small} onOpenChange={onOpenChange}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      {small ? (
        <Sheet open={open} onClose={() => onOpenChange(false)} title={title} side="bottom">
          {children}
        </Sheet>
      ) : (
        <Popover.Portal>
          <Popover.Content
            align={align ?? 'end'}
            sideOffset={6}
            collisionPadding={12}
            aria-label={title}
            className="z-30 max-h-[min(560px,var(--radix-popover-content-available-height))] overflow-y-auto rounded-lg border border-control/60 bg-surface p-3 text-sm outline-none"
          >
            {children}
          </Popover.Content>
        </Popover.Portal>
      )}
    </Popover.Root>
  )
}
