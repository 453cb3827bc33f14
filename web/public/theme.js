// Runs before the first paint, so that the page never flashes in the other theme. A file of its own because the
// content security policy allows no inline script. web/ui/theme-toggle.tsx writes the choice and calls applyTheme.
;(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const chosen = () => {
    try {
      return localStorage.getItem('theme')
    } catch {
      return null // storage may be forbidden; then the system decides
    }
  }
  const apply = () => {
    const choice = chosen()
    const theme = choice === 'light' || choice === 'dark' ? choice : dark.matches ? 'dark' : 'light'
    document.documentElement.dataset.theme = theme
    const color = document.querySelector('meta[name=theme-color]')
    if (color) color.setAttribute('content', theme === 'dark' ? '#0e1014' : '#fbfbfc')
  }
  apply()
  dark.addEventListener('change', apply)
  addEventListener('theme-chosen', apply)
})()
