/** The light or dark theme: the person's choice, else the system's. */

const KEY = 'theme'
const dark = matchMedia('(prefers-color-scheme: dark)')

/** Whether the page is dark now. */
export function isDark() {
  const stored = localStorage.getItem(KEY)
  return stored === null ? dark.matches : stored === 'dark'
}

/** Applies the current theme to the page. */
export function applyTheme() {
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light'
}

/** Switches to the other theme and stores the choice. */
export function switchTheme() {
  localStorage.setItem(KEY, isDark() ? 'light' : 'dark')
  applyTheme()
}

/** Calls back when the system changes and the person has not chosen. */
export function followSystem(/** @type {() => void} */ changed) {
  dark.addEventListener('change', () => {
    applyTheme()
    changed()
  })
}
