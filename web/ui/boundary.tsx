import { Component, type ReactNode } from 'react'

interface BoundaryProps {
  readonly className?: string
  readonly children: ReactNode
}

/** Keeps a part that cannot be drawn from taking the rest of the page with it, such as a chart whose code was replaced by a new version. */
export class Boundary extends Component<BoundaryProps, { readonly failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    return this.state.failed ? (
      <Broken {...(this.props.className ? { className: this.props.className } : {})} />
    ) : (
      this.props.children
    )
  }
}

/** What takes the place of a part that broke. */
export function Broken({ className = '' }: { className?: string }) {
  return (
    <div
      role="alert"
      className={`flex flex-col items-center justify-center gap-2 p-4 text-center ${className}`}
    >
      <p>This part of the page could not be drawn. The server may have a new version.</p>
      <button type="button" className="control" onClick={() => location.reload()}>
        Load the page again
      </button>
    </div>
  )
}
