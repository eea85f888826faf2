/**
 * The message log of the open channel, updated live, with pending interactions and typing below.
 *
 * @import { Message } from '../types.d.ts'
 * @import { Actions } from './message.js'
 */

import { attempt } from '../state/actions.js'
import { act } from '../state/api.js'
import { h } from '../widgets/dom.js'
import { isThread, nameOf, titleOf } from '../state/selectors.js'
import { icon } from '../widgets/icons.js'
import { locale, words } from '../language/language.js'
import { channelIntro } from './intro.js'
import { dayOf, drawMessage } from './message.js'
import { dots, drawPending } from './pending.js'
import {
  addHistory,
  changed,
  history,
  openChannel,
  PAGE_MESSAGES,
  state,
  typists,
} from '../state/state.js'

/** Within this distance of the end, the view scrolls along with new messages. In CSS pixels. */
const NEAR_END = 120

const AGE_KEY = 'age-confirmed'

/** Whether the person has yet to confirm their age for this channel. */
export function needsAgeCheck() {
  const channel = state.channels.get(state.current)
  const parent =
    channel && isThread(channel) ? state.channels.get(channel.parent_id ?? '') : channel
  return parent?.nsfw === true && sessionStorage.getItem(AGE_KEY) !== 'yes'
}

/** Draws the channel and keeps it up to date until the signal ends. */
export class Log {
  #actions
  #list
  #typing = h('p', { class: 'typing', role: 'status' })
  #jump
  #following = true
  element

  constructor(/** @type {Actions} */ actions, /** @type {AbortSignal} */ signal) {
    this.#actions = actions
    this.#list = h('div', {
      id: 'messages',
      class: 'messages',
      role: 'log',
      'aria-live': 'polite',
      tabindex: 0,
    })
    this.#jump = h(
      'button',
      { type: 'button', class: 'jump', hidden: true, onclick: () => this.#toEnd() },
      words().jumpToLatest,
      icon('down'),
    )
    this.element = h('div', { class: 'log' }, this.#list, this.#jump, this.#typing)
    this.#list.addEventListener('scroll', () => this.#onScroll(), { passive: true })
    this.#list.addEventListener('keydown', (event) => this.#onKey(event))
    this.#list.addEventListener('focusin', (event) => this.#onFocus(event))
    this.#list.addEventListener('contextmenu', (event) => this.#onContextMenu(event))
    // The composer grows and shrinks: keep the last message in view.
    const resized = new ResizeObserver(() => this.#following && this.#toEnd())
    resized.observe(this.#list)
    signal.addEventListener('abort', () => resized.disconnect())
    // A picture changes the layout when it loads.
    this.#list.addEventListener('load', () => this.#following && this.#toEnd(), true)
    for (const name of /** @type {const} */ (['snapshot', 'current', 'members'])) {
      changed(name, () => this.draw(), signal)
    }
    changed('history', () => this.draw(true), signal)
    changed('deleted', () => this.draw(true), signal)
    changed('message', (id) => this.#onMessage(id), signal)
    changed('pending', () => this.#drawPendings(), signal)
    changed('typing', () => this.#drawTyping(), signal)
  }

  /** Redraws everything; with `keep`, the scroll position does not change. */
  draw(keep = false) {
    const fromEnd = this.#list.scrollHeight - this.#list.scrollTop
    const channel = state.channels.get(state.current)
    this.#list.setAttribute('aria-label', words().messages(titleOf(channel)))
    // A screen reader announces new messages, not the whole channel.
    this.#list.setAttribute('aria-busy', 'true')
    const messages = history(state.current)
    this.#list.replaceChildren(
      ...(needsAgeCheck() ? [this.#gate()] : [this.#intro(messages), ...this.#rows(messages)]),
    )
    this.#drawPendings()
    this.#rove()
    this.#list.setAttribute('aria-busy', 'false')
    if (keep && !this.#following) {
      this.#list.scrollTop = this.#list.scrollHeight - fromEnd
    } else {
      this.#toEnd()
    }
    this.#drawTyping()
  }

  #rows(/** @type {readonly Message[]} */ messages) {
    return messages.flatMap((message, i) => {
      const previous = messages[i - 1]
      const row = drawMessage(message, previous, this.#actions)
      return previous && dayOf(previous) === dayOf(message) ? [row] : [divider(message), row]
    })
  }

  #intro(/** @type {readonly Message[]} */ messages) {
    if (state.older.has(state.current)) {
      const before = messages[0]?.id
      const load = () =>
        attempt(async () => {
          /** @type {{ messages: Message[] }} */
          const { messages: older } = await act('history', { before, limit: PAGE_MESSAGES })
          addHistory(older)
        })
      return h(
        'button',
        { type: 'button', class: 'button quiet older', onclick: load },
        words().loadOlder,
      )
    }
    return channelIntro(state.channels.get(state.current), messages.length === 0)
  }

  /** The age gate of an age-restricted channel. */
  #gate() {
    const { ageQuestion, ageText, ageYes, ageNo } = words()
    return h(
      'div',
      { class: 'gate' },
      icon('alert'),
      h('h2', {}, ageQuestion),
      h('p', {}, ageText),
      h(
        'div',
        { class: 'dialog-actions' },
        h('button', { type: 'button', class: 'button quiet', onclick: leaveGate }, ageNo),
        h('button', { type: 'button', class: 'button danger', onclick: passGate }, ageYes),
      ),
    )
  }

  #onMessage(/** @type {string} */ id) {
    const message = state.messages.get(state.current)?.get(id)
    if (!message || needsAgeCheck()) {
      return
    }
    const messages = history(state.current)
    const place = messages.indexOf(message)
    const old = document.getElementById(`message-${id}`)
    // The first message, or one out of order, changes its neighbors: redraw all.
    if (!old && (messages.length === 1 || place < messages.length - 1)) {
      return this.draw(true)
    }
    const previous = messages[place - 1]
    const fresh = drawMessage(message, previous, this.#actions)
    if (old) {
      replaceKeepingFocus(old, fresh)
    } else {
      if (!previous || dayOf(previous) !== dayOf(message)) {
        this.#append(divider(message))
      }
      this.#append(fresh)
      if (message.author.id === state.you?.id) {
        this.#following = true
      }
    }
    this.#rove()
    if (this.#following) {
      this.#toEnd()
    } else {
      this.#jump.hidden = false
    }
  }

  /**
   * Lets Tab stop at the controls of one message only: the one with the focus, or else the newest.
   * The arrow keys lead to the others, as in Discord.
   */
  #rove(focused = document.activeElement) {
    const rows = [...this.#list.querySelectorAll('article.message')]
    const current = rows.find((row) => row.contains(focused)) ?? rows.at(-1)
    for (const control of this.#list.querySelectorAll('article.message :is(button, a, input)')) {
      if (control instanceof HTMLElement) {
        control.tabIndex = current?.contains(control) ? 0 : -1
      }
    }
  }

  #onFocus(/** @type {FocusEvent} */ { target }) {
    if (target instanceof Element) {
      this.#rove(target)
    }
  }

  /** Keeps pending interactions below all messages. */
  #append(/** @type {HTMLElement} */ row) {
    const waiting = this.#list.querySelector('.pending')
    if (waiting) {
      waiting.before(row)
    } else {
      this.#list.append(row)
    }
  }

  #drawPendings() {
    for (const row of this.#list.querySelectorAll('.pending')) {
      row.remove()
    }
    if (needsAgeCheck()) {
      return
    }
    const here = [...state.pending.values()].filter((one) => one.channelId === state.current)
    this.#list.append(...here.filter((one) => one.name !== null).map(drawPending))
    for (const busy of this.#list.querySelectorAll('[aria-busy="true"], .failed')) {
      this.#refresh(busy.closest('.message:not(.pending)')?.id.replace('message-', ''))
    }
    for (const { messageId } of here) {
      this.#refresh(messageId ?? undefined)
    }
    this.#rove()
    if (this.#following) {
      this.#toEnd()
    }
  }

  #refresh(/** @type {string | undefined} */ id) {
    const messages = history(state.current)
    const place = messages.findIndex((message) => message.id === id)
    const message = messages[place]
    const old = document.getElementById(`message-${id}`)
    if (message && old) {
      replaceKeepingFocus(old, drawMessage(message, messages[place - 1], this.#actions))
    }
  }

  #drawTyping() {
    const names = typists().flatMap((id) => {
      const user = state.users.get(id)
      return user ? [nameOf(user)] : []
    })
    this.#typing.replaceChildren(...(names.length > 0 ? [dots(), words().typing(names)] : []))
  }

  #toEnd() {
    this.#following = true
    this.#jump.hidden = true
    this.#list.scrollTop = this.#list.scrollHeight
  }

  #onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#list
    this.#following = scrollHeight - scrollTop - clientHeight < NEAR_END
    if (this.#following) {
      this.#jump.hidden = true
    }
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    const active = document.activeElement
    const rows = [...this.#list.querySelectorAll('article.message')]
    const place = rows.findIndex((row) => row.contains(active))
    const onRow = place !== -1 || active === this.#list
    if (step && onRow) {
      event.preventDefault()
      const next = rows[place === -1 ? rows.length - 1 : place + step]
      if (next instanceof HTMLElement) {
        next.focus()
      }
    }
  }

  #onContextMenu(/** @type {MouseEvent} */ event) {
    if (!(event.target instanceof Element)) {
      return
    }
    const row = event.target.closest('article.message')
    const message = state.messages.get(state.current)?.get(row?.id.replace('message-', '') ?? '')
    if (!message || !(row instanceof HTMLElement)) {
      return
    }
    event.preventDefault()
    const back =
      document.activeElement instanceof HTMLElement && row.contains(document.activeElement)
        ? document.activeElement
        : row
    // The menu key has no pointer position, so the menu opens at the message.
    const { left, top } = row.getBoundingClientRect()
    const byKey = event.button !== 2 || (event.clientX === 0 && event.clientY === 0)
    const anchor = byKey
      ? { left: left + 60, top: top + 10, bottom: top + 30 }
      : { left: event.clientX, top: event.clientY, bottom: event.clientY }
    const named = event.target.closest('[data-user]')
    const user = state.users.get(named?.getAttribute('data-user') ?? '')
    if (user) {
      this.#actions.user(user, anchor, back)
    } else {
      this.#actions.menu(message, anchor, back)
    }
  }
}

function passGate() {
  sessionStorage.setItem(AGE_KEY, 'yes')
  openChannel(state.current)
}

function leaveGate() {
  const safe = [...state.channels.values()].find((channel) => channel.type === 0 && !channel.nsfw)
  if (safe) {
    openChannel(safe.id)
  }
}

function divider(/** @type {Message} */ message) {
  const date = new Date(message.timestamp)
  return h(
    'div',
    { class: 'divider', role: 'separator' },
    h('span', {}, date.toLocaleDateString(locale(), { dateStyle: 'long' })),
  )
}

/** Replaces an element and keeps the focus if it is inside. */
function replaceKeepingFocus(/** @type {HTMLElement} */ old, /** @type {HTMLElement} */ fresh) {
  const active = document.activeElement
  const held = active instanceof HTMLElement && old.contains(active) ? active : null
  const key = held?.dataset['focus']
  old.replaceWith(fresh)
  if (!held) {
    return
  }
  const next = key ? fresh.querySelector(`[data-focus="${CSS.escape(key)}"]`) : null
  if (next instanceof HTMLElement) {
    next.focus({ preventScroll: true })
  } else {
    fresh.focus({ preventScroll: true })
  }
}
