/**
 * The bar above the text: the message that is replied to, with a ping switch, or a note about an edit.
 *
 * @import { Message } from '../types.d.ts'
 */

import { h, iconButton } from '../widgets/dom.js'
import { nameOf } from '../state/selectors.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'

/** The bar. */
export class ReplyBar {
  /** Whether the reply pings its author. */
  ping = true
  #cancel
  element = h('div', { class: 'reply-bar', hidden: true })

  constructor(/** @type {() => void} */ cancel) {
    this.#cancel = cancel
  }

  /**
   * @param {Message | null} editing
   * @param {Message | null} replyTo
   */
  draw(editing, replyTo) {
    const { cancel: label, editHelp, editMessage, replyingTo } = words()
    const cancel = iconButton(icon('close'), label, this.#cancel)
    this.element.hidden = !editing && !replyTo
    if (editing) {
      const help = h('span', { class: 'quiet-text' }, editHelp)
      this.element.replaceChildren(h('span', {}, editMessage), help, cancel)
    } else if (replyTo) {
      const sentence = h('span', {}, replyingTo(nameOf(replyTo.author)))
      this.element.replaceChildren(sentence, this.#pingSwitch(), cancel)
    }
  }

  #pingSwitch() {
    const { pingOn, pingOff, pingHelp } = words()
    return h(
      'button',
      {
        type: 'button',
        class: 'text-button ping',
        'aria-pressed': String(this.ping),
        title: pingHelp,
        onclick: (/** @type {Event} */ _, /** @type {HTMLButtonElement} */ button) => {
          this.ping = !this.ping
          button.setAttribute('aria-pressed', String(this.ping))
          button.textContent = this.ping ? pingOn : pingOff
        },
      },
      this.ping ? pingOn : pingOff,
    )
  }
}
