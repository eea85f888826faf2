/** Light or dark: the person's choice, else the system's. */

const KEY = 'theme'
const dark = matchMedia('(prefers-color-scheme: dark)')

/** Whether the page is dark now. */
export function isDark() {
  const kept = localStorage.getItem(KEY)
  return kept === null ? dark.matches : kept === 'dark'
}

/** Sets the page to what it should be. */
export function applyTheme() {
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light'
}

/** Changes to the other one and keeps that. */
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
