/** Builds the page, and rebuilds it when the language changes. */

import { Composer } from './composer/composer.js'
import { become, connect } from './state/api.js'
import { at, h, iconButton } from './widgets/dom.js'
import { botName } from './state/selectors.js'
import { Header } from './layout/header.js'
import { icon } from './widgets/icons.js'
import { locale, switchLanguage, words } from './language/language.js'
import { Log } from './messages/log.js'
import { listenForModals } from './modals/modal.js'
import { messageMenu, userMenu } from './layout/menus.js'
import { loadSamples, Panel, SAMPLE_TYPE, sampleFile } from './layout/panel.js'
import { Sidebar } from './layout/sidebar.js'
import { changed, state } from './state/state.js'
import { applyTheme, followSystem, isDark, switchTheme } from './widgets/theme.js'

const PANEL_KEY = 'panel'

/** The width at which the side panels overlay the messages; as in layout.css. */
const narrow = matchMedia('(max-width: 1000px)')

let mounted = new AbortController()

function mount() {
  mounted.abort()
  mounted = new AbortController()
  const { signal } = mounted
  document.documentElement.lang = locale() === 'zh-CN' ? 'zh-CN' : 'en'
  const app = at('app')
  const composer = new Composer(signal)
  const log = new Log(
    {
      reply: (message) => composer.reply(message),
      menu: (message, anchor, back) => messageMenu(message, anchor, back, composer),
      user: (user, anchor, back) => userMenu(user, anchor, back, composer),
    },
    signal,
  )
  const sidebar = new Sidebar(() => app.classList.remove('show-sidebar'), signal)
  const panel = new Panel(
    {
      add: (file) => composer.addFiles([file]),
      user: (user, anchor, back) => userMenu(user, anchor, back, composer),
    },
    () => showPanel(false),
    signal,
  )
  const header = new Header(
    {
      channels: () => openDrawer(app, sidebar.element),
      panel: () => showPanel(!app.classList.contains('show-panel')),
    },
    signal,
  )
  const veil = h('div', { class: 'veil', onclick: () => closeDrawers(app) })
  app.replaceChildren(
    strip(),
    sidebar.element,
    h(
      'main',
      { class: 'main', id: 'main', 'aria-labelledby': 'channel-title' },
      header.element,
      connection(signal),
      log.element,
      composer.element,
    ),
    panel.element,
    veil,
  )
  log.draw()
  takeFiles(composer, signal)
  app.addEventListener('keydown', (event) => event.key === 'Escape' && closeDrawers(app), {
    signal,
  })
}

/** The banner that says what the page is, with the theme and language switches. */
function strip() {
  const w = words()
  const theme = iconButton(
    icon(isDark() ? 'sun' : 'moon'),
    isDark() ? w.toLight : w.toDark,
    () => {
      switchTheme()
      mount()
      at('theme').focus()
    },
    { id: 'theme' },
  )
  const language = h(
    'button',
    {
      type: 'button',
      class: 'text-button',
      id: 'language',
      lang: locale() === 'zh-CN' ? 'en' : 'zh-CN',
      title: w.switchLanguage,
      onclick: () => {
        switchLanguage()
        mount()
        if (state.you) {
          become(state.you.id)
        }
        at('language').focus()
      },
    },
    w.otherLanguage,
  )
  return h('header', { class: 'strip' }, h('span', {}, w.notDiscord), language, theme)
}

/** A notice while the sandbox or the bot is disconnected. */
function connection(/** @type {AbortSignal} */ signal) {
  const line = h('p', { class: 'connection', role: 'status' })
  const draw = () => {
    const lost = state.connection === 'lost'
    const away = state.connection === 'live' && !state.botOnline
    line.textContent = lost ? words().reconnecting : away ? words().botOffline(botName()) : ''
    line.classList.toggle('lost', lost)
  }
  changed('connection', draw, signal)
  draw()
  return line
}

function showPanel(/** @type {boolean} */ shown) {
  at('app').classList.toggle('show-panel', shown)
  localStorage.setItem(PANEL_KEY, shown ? 'shown' : 'hidden')
}

function openDrawer(/** @type {HTMLElement} */ app, /** @type {HTMLElement} */ sidebar) {
  app.classList.add('show-sidebar')
  sidebar.querySelector('button')?.focus()
}

function closeDrawers(/** @type {HTMLElement} */ app) {
  app.classList.remove('show-sidebar')
  if (isNarrow()) {
    app.classList.remove('show-panel')
  }
}

function isNarrow() {
  return narrow.matches
}

/** Accepts files that are dropped or pasted anywhere on the page. */
function takeFiles(/** @type {Composer} */ composer, /** @type {AbortSignal} */ signal) {
  const app = at('app')
  app.addEventListener(
    'dragover',
    (event) => {
      event.preventDefault()
      at('drop').hidden = false
    },
    { signal },
  )
  app.addEventListener(
    'dragleave',
    (event) => {
      if (event.relatedTarget === null) {
        at('drop').hidden = true
      }
    },
    { signal },
  )
  app.addEventListener(
    'drop',
    (event) => {
      event.preventDefault()
      at('drop').hidden = true
      const sample = event.dataTransfer?.getData(SAMPLE_TYPE)
      if (sample) {
        void sampleFile(sample).then((file) => composer.addFiles([file]))
      } else {
        composer.addFiles([...(event.dataTransfer?.files ?? [])])
      }
    },
    { signal },
  )
  app.addEventListener('dragend', () => (at('drop').hidden = true), { signal })
  document.addEventListener(
    'paste',
    (event) => {
      const files = [...(event.clipboardData?.files ?? [])]
      if (files.length === 0 || document.querySelector('dialog[open]')) {
        return
      }
      event.preventDefault()
      composer.addFiles(files)
    },
    { signal },
  )
  at('drop').replaceChildren(h('p', {}, icon('image'), words().dropHere))
}

narrow.addEventListener('change', () => closeDrawers(at('app')))
applyTheme()
followSystem(mount)
await loadSamples()
at('app').classList.toggle(
  'show-panel',
  !isNarrow() && localStorage.getItem(PANEL_KEY) !== 'hidden',
)
listenForModals()
mount()
connect()
