/** The header above the messages: the channel's name, its threads, and the side panel toggles. */

import { createThread } from '../state/actions.js'
import { h, iconButton } from '../widgets/dom.js'
import { isThread, titleOf } from '../state/selectors.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { openMenu } from '../widgets/menu.js'
import { CHANNEL } from '../state/constants.js'
import { changed, openChannel, state } from '../state/state.js'

/** The header. */
export class Header {
  #title = h('h1', { id: 'channel-title' })
  #topic = h('p', { class: 'topic' })
  #threads
  element

  constructor(
    /** @type {{ channels: () => void, panel: () => void }} */ toggles,
    /** @type {AbortSignal} */ signal,
  ) {
    this.#threads = iconButton(
      icon('thread'),
      words().threads,
      (_, button) => showThreads(button),
      { 'aria-haspopup': 'menu' },
    )
    this.element = h(
      'header',
      { class: 'channel-head' },
      iconButton(icon('menu'), words().openChannels, toggles.channels, {
        class: 'icon-button narrow-only',
        'aria-controls': 'sidebar',
      }),
      this.#title,
      this.#topic,
      h('span', { class: 'spring' }),
      this.#threads,
      iconButton(icon('image'), words().showPanel, toggles.panel, {
        'aria-controls': 'panel',
        class: 'icon-button panel-toggle',
      }),
    )
    for (const name of /** @type {const} */ (['snapshot', 'channels', 'current'])) {
      changed(name, () => this.#draw(), signal)
    }
    this.#draw()
  }

  #draw() {
    const channel = state.channels.get(state.current)
    const direct = channel?.type === CHANNEL.dm
    const thread = isThread(channel)
    const parent = thread ? state.channels.get(channel?.parent_id ?? '') : undefined
    const back =
      parent &&
      h(
        'button',
        { type: 'button', class: 'text-button', onclick: () => openChannel(parent.id) },
        titleOf(parent),
        ' ›',
      )
    this.#title.replaceChildren(
      ...(back ? [back] : []),
      icon(direct ? 'at' : thread ? 'thread' : channel?.nsfw ? 'alert' : 'hash'),
      titleOf(channel).replace(/^[#@]/, ''),
    )
    this.#topic.textContent = channel?.topic ?? ''
    this.#topic.title = channel?.topic ?? ''
    this.#threads.hidden = direct || thread || channel === undefined
    document.title = `${titleOf(channel)} · ${words().title}`
  }
}

function showThreads(/** @type {HTMLElement} */ button) {
  const threads = [...state.channels.values()].filter(
    (channel) => channel.parent_id === state.current && isThread(channel),
  )
  openMenu(
    words().threads,
    [
      {
        heading: threads.length > 0 ? words().threads : words().noThreads,
        entries: threads.map((thread) => ({
          label: titleOf(thread),
          icon: /** @type {const} */ ('thread'),
          run: () => openChannel(thread.id),
        })),
      },
      {
        entries: [
          { label: words().newThread, icon: 'plus', run: () => void createThread(undefined) },
        ],
      },
    ],
    button.getBoundingClientRect(),
    button,
  )
}
