import Monitor from 'lucide-react/icons/monitor'
import Moon from 'lucide-react/icons/moon'
import Sun from 'lucide-react/icons/sun'
import { useState } from 'react'

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]
const icons = { system: Monitor, light: Sun, dark: Moon } as const

/** Goes round system, light, dark. The choice is kept in this browser; public/theme.js applies it. */
export function ThemeToggle({ labelled = false }: { labelled?: boolean }) {
  const [theme, setTheme] = useState(readTheme)
  const Icon = icons[theme]
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
  return (
    <button
      type="button"
      className={labelled ? 'control' : 'control touch w-8 justify-center px-0!'}
      aria-label={`Theme: ${theme}. Change to ${next}`}
      title={`Theme: ${theme}`}
      onClick={() => {
        writeTheme(next)
        setTheme(next)
      }}
    >
      <Icon size={15} aria-hidden />
      {labelled && <span>Theme: {theme}</span>}
    </button>
  )
}

function readTheme(): Theme {
  try {
    const stored = localStorage.getItem('theme')
    return themes.find((theme) => theme === stored) ?? 'system'
  } catch {
    return 'system' // storage may be forbidden
  }
}

function writeTheme(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem('theme')
    else localStorage.setItem('theme', theme)
  } catch {
    // Storage is forbidden: the choice cannot be kept, and the page stays with the system's.
  }
  dispatchEvent(new Event('theme-chosen'))
}
