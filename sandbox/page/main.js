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
    skipLink(composer),
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
  takeTyping(composer, signal)
  app.addEventListener('keydown', (event) => event.key === 'Escape' && closeDrawers(app), {
    signal,
  })
}

/** The first stop of the keyboard: past the channels and the messages. */
function skipLink(/** @type {Composer} */ composer) {
  const skip = (/** @type {Event} */ event) => {
    event.preventDefault()
    composer.focus()
  }
  return h('a', { class: 'skip-link', href: '#text', onclick: skip }, words().skipToText)
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
  // Over the messages it closes by itself, which says nothing about a wide window.
  if (!isNarrow()) {
    localStorage.setItem(PANEL_KEY, shown ? 'shown' : 'hidden')
  }
}

/** Shows the panel beside the messages, unless it was hidden; over them it opens on demand only. */
function restorePanel() {
  const shown = !isNarrow() && localStorage.getItem(PANEL_KEY) !== 'hidden'
  at('app').classList.toggle('show-panel', shown)
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

/** Where typed letters mean something else than text for the message; a radio button takes none. */
const TYPED_INTO =
  'input:not([type="radio"], [type="checkbox"]), textarea, select, dialog, [role="menu"], .popup, .command-form'

function isTypedElsewhere() {
  return document.activeElement?.closest(TYPED_INTO) !== null || isDialogOpen()
}

function isDialogOpen() {
  return document.querySelector('dialog[open]') !== null
}

/** What is typed or pasted outside of a field goes to the message, as in Discord. */
function takeTyping(/** @type {Composer} */ composer, /** @type {AbortSignal} */ signal) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const { key, ctrlKey, metaKey, altKey, isComposing } = event
    const isText = key.length === 1 && key !== ' ' && !ctrlKey && !metaKey && !altKey
    // The letter itself is then typed into the field that has the focus.
    if (isText && !isComposing && !isTypedElsewhere()) {
      composer.focus()
    }
  }
  const onPaste = (/** @type {ClipboardEvent} */ event) => {
    const text = event.clipboardData?.getData('text/plain') ?? ''
    const hasFiles = (event.clipboardData?.files.length ?? 0) > 0
    if (text !== '' && !hasFiles && !isTypedElsewhere()) {
      event.preventDefault()
      composer.paste(text)
    }
  }
  document.addEventListener('keydown', onKey, { signal })
  document.addEventListener('paste', onPaste, { signal })
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
      if (files.length === 0 || isDialogOpen()) {
        return
      }
      event.preventDefault()
      composer.addFiles(files)
    },
    { signal },
  )
  at('drop').replaceChildren(h('p', {}, icon('image'), words().dropHere))
}

narrow.addEventListener('change', () => {
  closeDrawers(at('app'))
  restorePanel()
})
applyTheme()
followSystem(mount)
await loadSamples()
restorePanel()
listenForModals()
mount()
connect()
