import Check from 'lucide-react/icons/check'
import LoaderCircle from 'lucide-react/icons/loader-circle'
import X from 'lucide-react/icons/x'
import { firstRunSteps, type Step } from '../data/first-run.ts'
import { useHealth } from '../data/queries.ts'
import { Command } from './notices.tsx'

/** The first minute: what is ready, what is being waited for. Gives way to the page with the first event. */
export function FirstRun() {
  const { data } = useHealth()
  return (
    <section
      aria-labelledby="first-run"
      className="panel mx-auto my-10 w-full max-w-[560px] p-6 max-sm:my-4 max-sm:p-4"
    >
      <h2 id="first-run" className="font-semibold text-lg">
        Getting ready
      </h2>
      <p className="mt-1 text-muted">
        The page fills by itself as soon as the first events are stored.
      </p>
      <ol className="mt-5 flex flex-col gap-4">
        {firstRunSteps(data).map((step) => (
          <li key={step.name} className="grid grid-cols-[24px_1fr] gap-x-3">
            <Mark state={step.state} />
            <div className="min-w-0">
              <p className={step.state === 'waiting' ? 'text-muted' : 'font-medium'}>
                {step.name}
                <span className="sr-only">: {step.state}</span>
              </p>
              <p className="stranger text-muted text-xs">{step.detail}</p>
            </div>
          </li>
        ))}
      </ol>
      {data?.source === 'none' && (
        <p className="mt-5 border-line border-t pt-4 text-muted">
          This process has no source. <Command>npm start</Command> follows the network,{' '}
          <Command>npm start -- --demo</Command> invents one.
        </p>
      )}
    </section>
  )
}

function Mark({ state }: { state: Step['state'] }) {
  const box = 'grid size-6 place-items-center rounded-full border'
  switch (state) {
    case 'done':
      return (
        <span className={`${box} border-good text-good`}>
          <Check size={14} aria-hidden />
        </span>
      )
    case 'running':
      return (
        <span className={`${box} border-accent text-accent`}>
          <LoaderCircle size={14} aria-hidden className="animate-spin" />
        </span>
      )
    case 'failed':
      return (
        <span className={`${box} border-bad text-bad`}>
          <X size={14} aria-hidden />
        </span>
      )
    case 'waiting':
      return <span className={`${box} border-line`} />
    default:
      return state satisfies never
  }
}
