/**
 * The left sidebar: channels with their threads, direct messages, and the current user.
 *
 * @import { Channel, User } from '../types.d.ts'
 */

import { openDirect } from '../state/actions.js'
import { avatar } from '../widgets/avatar.js'
import { become } from '../state/api.js'
import { h, iconButton } from '../widgets/dom.js'
import {
  botName,
  isHiddenFromMost,
  isThread,
  nameOf,
  partner,
  roleOf,
  titleOf,
} from '../state/selectors.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { CHANNEL } from '../state/constants.js'
import { changed, openChannel, state } from '../state/state.js'

function byPlace(/** @type {Channel} */ a, /** @type {Channel} */ b) {
  return (a.position ?? 0) - (b.position ?? 0)
}

/** The sidebar; `close` hides it on a narrow page. */
export class Sidebar {
  #list = h('div', { class: 'channel-lists' })
  #people = h('fieldset', { class: 'people' })
  #guild = h('p', { class: 'guild-name' })
  #close
  element

  constructor(/** @type {() => void} */ close, /** @type {AbortSignal} */ signal) {
    this.#close = close
    this.element = h(
      'nav',
      { class: 'sidebar', id: 'sidebar', 'aria-label': words().channels },
      h(
        'div',
        { class: 'sidebar-head' },
        h('img', { src: '/icon.svg', alt: '', width: 28, height: 28 }),
        this.#guild,
        iconButton(icon('close'), words().closeChannels, close, {
          class: 'icon-button narrow-only',
        }),
      ),
      this.#list,
      this.#people,
    )
    for (const name of /** @type {const} */ (['snapshot', 'channels', 'current'])) {
      changed(name, () => this.#drawChannels(), signal)
    }
    for (const name of /** @type {const} */ (['snapshot', 'members'])) {
      changed(name, () => this.#drawPeople(), signal)
    }
    this.#drawChannels()
    this.#drawPeople()
  }

  #drawChannels() {
    const held =
      document.activeElement instanceof HTMLElement
        ? document.activeElement.dataset['channel']
        : null
    const channels = [...state.channels.values()]
    const text = channels.filter(({ type }) => type === CHANNEL.text).toSorted(byPlace)
    const direct = channels.filter(({ type }) => type === CHANNEL.dm || type === CHANNEL.group)
    this.#guild.textContent = state.guild.name
    this.#list.replaceChildren(
      this.#section(
        words().channels,
        text.flatMap((channel) => this.#withThreads(channel, channels)),
      ),
      this.#section(
        words().directMessages,
        direct.some(({ type }) => type === CHANNEL.dm)
          ? direct.map((channel) => this.#item(channel))
          : [...direct.map((channel) => this.#item(channel)), this.#messageBot()],
      ),
    )
    const again = held && this.#list.querySelector(`[data-channel="${CSS.escape(held)}"]`)
    if (again instanceof HTMLElement) {
      again.focus({ preventScroll: true })
    }
  }

  #section(/** @type {string} */ title, /** @type {readonly HTMLElement[]} */ items) {
    return h(
      'section',
      {},
      h('h2', { class: 'section-title' }, title),
      h('ul', { class: 'channel-list' }, ...items),
    )
  }

  #withThreads(/** @type {Channel} */ channel, /** @type {readonly Channel[]} */ all) {
    const threads = all.filter(
      (other) =>
        isThread(other) && other.parent_id === channel.id && !other.thread_metadata?.archived,
    )
    return [this.#item(channel), ...threads.map((thread) => this.#item(thread))]
  }

  #item(/** @type {Channel} */ channel) {
    const thread = isThread(channel)
    const hidden = channel.guild_id !== undefined && !thread && isHiddenFromMost(channel)
    const other = channel.type === CHANNEL.dm ? partner(channel) : null
    const unread = state.unread.has(channel.id)
    const current = channel.id === state.current
    const { ageRestricted, moderatorsOnly, unread: unreadWord } = words()
    return h(
      'li',
      { class: thread ? 'thread-item' : '' },
      h(
        'button',
        {
          type: 'button',
          class: unread ? 'channel unread' : 'channel',
          'data-channel': channel.id,
          'aria-current': current ? 'page' : undefined,
          onclick: () => {
            openChannel(channel.id)
            this.#close()
          },
        },
        other
          ? avatar(other, 'small')
          : icon(thread ? 'thread' : hidden ? 'lock' : channel.nsfw ? 'alert' : 'hash'),
        h('span', { class: 'channel-label' }, titleOf(channel).replace(/^[#@]/, '')),
        channel.nsfw &&
          !thread &&
          h(
            'span',
            { class: 'tag', title: ageRestricted },
            '18+',
            h('span', { class: 'visually-hidden' }, ` ${ageRestricted}`),
          ),
        hidden && h('span', { class: 'visually-hidden' }, ` ${moderatorsOnly}`),
        unread &&
          h('span', { class: 'unread-dot' }, h('span', { class: 'visually-hidden' }, unreadWord)),
      ),
    )
  }

  #messageBot() {
    const start = () => {
      void openDirect()
      this.#close()
    }
    return h(
      'li',
      {},
      h(
        'button',
        { type: 'button', class: 'channel', onclick: start },
        icon('plus'),
        h('span', { class: 'channel-label' }, words().messageTheBot(botName())),
      ),
    )
  }

  /** The list of people; a click switches the current user. */
  #drawPeople() {
    const people = [...state.users.values()].filter((user) => !user.bot)
    const held = this.#people.contains(document.activeElement)
    this.#people.replaceChildren(
      h('legend', {}, words().youAre),
      ...people.map((user) => this.#person(user)),
    )
    const checked = this.#people.querySelector('input:checked')
    if (held && checked instanceof HTMLElement) {
      checked.focus()
    }
  }

  #person(/** @type {User} */ user) {
    const you = user.id === state.you?.id
    const role = roleOf(user.id)
    return h(
      'label',
      { class: you ? 'person chosen' : 'person' },
      h('input', {
        type: 'radio',
        name: 'member',
        value: user.id,
        checked: you,
        class: 'visually-hidden',
        onchange: () => become(user.id),
      }),
      avatar(user, 'small'),
      h(
        'span',
        { class: 'person-name' },
        nameOf(user),
        role && h('span', { class: 'person-role' }, role),
      ),
    )
  }
}
