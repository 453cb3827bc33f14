import X from 'lucide-react/icons/x'
import { type ReactNode, useEffect, useId, useRef } from 'react'

interface SheetProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly side: 'right' | 'bottom' | 'center'
  readonly children: ReactNode
}

/** A modal sheet: the browser's own dialog, which keeps the focus, closes on Escape and needs no style of its own at run time. */
export function Sheet({ open, onClose, title, side, children }: SheetProps) {
  const ref = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => {
    const dialog = ref.current
    if (!dialog) return
    if (open && !dialog.open) dialog.showModal()
    if (!open && dialog.open) dialog.close()
  }, [open])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is on the backdrop; the key for it is Escape, which the dialog handles
    <dialog
      ref={ref}
      className="sheet"
      data-side={side}
      aria-labelledby={heading}
      // The event comes late: of a sheet that was closed from outside it says nothing about what has been opened instead.
      onClose={() => {
        if (open) onClose()
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
    >
      {open && (
        <div
          className="flex max-h-[inherit] min-h-0 flex-col data-[side=right]:h-full"
          data-side={side}
        >
          <div className="flex items-center justify-between gap-3 border-line border-b py-2 pr-2 pl-4">
            <h2 id={heading} className="font-semibold text-lg">
              {title}
            </h2>
            <button
              type="button"
              onClick={onClose}
              aria-label="Close"
              className="touch grid size-9 place-items-center rounded-md text-muted hover:bg-sunken"
            >
              <X size={16} aria-hidden />
            </button>
          </div>
          <div className="min-h-0 overflow-y-auto p-4">{children}</div>
        </div>
      )}
    </dialog>
  )
}
