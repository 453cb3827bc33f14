import { Logo } from '../ui/logo.tsx'

export function NotFound() {
  return (
    <main className="mx-auto flex min-h-dvh max-w-[480px] flex-col items-start justify-center gap-3 px-6">
      <Logo size={28} />
      <h1 className="font-semibold text-lg">There is no such page</h1>
      <p className="text-muted">The address may be mistyped, or from another version.</p>
      <a href="/" className="control">
        Overview
      </a>
    </main>
  )
}
