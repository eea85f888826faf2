/**
 * The list of commands above the composer, while a slash and a name are typed.
 *
 * @import { Leaf } from '../state/command-tree.js'
 */

import { avatar } from '../widgets/avatar.js'
import { described, leaves, matching } from '../state/command-tree.js'
import { h } from '../widgets/dom.js'
import { botName, botUser } from '../state/selectors.js'
import { words } from '../language/language.js'

/** The list. The focus stays in the text field. */
export class CommandList {
  #text
  #chosen
  /** @type {readonly Leaf[]} */
  #shown = []
  #active = 0
  #options = h('ul', {
    role: 'listbox',
    id: 'command-options',
    class: 'options',
    tabindex: 0,
    onkeydown: (/** @type {KeyboardEvent} */ event) => this.onKey(event),
    onblur: (/** @type {FocusEvent} */ event) => this.#onBlur(event),
    // Scrolling must not move the focus: when the text field loses it, the list closes.
    onmousedown: (/** @type {Event} */ event) => event.preventDefault(),
  })
  element

  /**
   * @param {HTMLTextAreaElement} text
   * @param {(leaf: Leaf) => void} chosen
   */
  constructor(text, chosen) {
    this.#text = text
    this.#chosen = chosen
    this.#options.setAttribute('aria-label', words().commands)
    this.element = h(
      'div',
      { class: 'command-list', hidden: true },
      h('div', { class: 'command-list-head', 'aria-hidden': 'true' }),
      this.#options,
    )
    text.setAttribute('aria-autocomplete', 'list')
    text.setAttribute('aria-controls', 'command-options')
    text.setAttribute('aria-haspopup', 'listbox')
    text.addEventListener('blur', (event) => this.#onBlur(event))
  }

  /** Opens, updates or closes the list to match the text. */
  update() {
    const { value } = this.#text
    if (!/^\/[^\n]*$/.test(value)) {
      return this.close()
    }
    this.#shown = matching(value)
    this.#active = 0
    this.#draw()
  }

  /** Closes the list unless the focus only moves between the text field and the list. */
  #onBlur(/** @type {FocusEvent} */ event) {
    const next = event.relatedTarget
    if (next !== this.#text && next !== this.#options) {
      this.close()
    }
  }

  close() {
    this.element.hidden = true
    this.#text.removeAttribute('aria-activedescendant')
  }

  /** @returns {boolean} whether the key was for the list. */
  onKey(/** @type {KeyboardEvent} */ event) {
    if (this.element.hidden) {
      return false
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const leaf = this.#shown[this.#active]
    if (step) {
      const count = this.#shown.length
      this.#active = (this.#active + step + count) % Math.max(1, count)
      this.#draw()
    } else if ((event.key === 'Enter' || event.key === 'Tab') && leaf) {
      this.#chosen(leaf)
    } else if (event.key === 'Escape') {
      this.close()
    } else {
      return false
    }
    event.preventDefault()
    return true
  }

  #draw() {
    const bot = botUser()
    this.element.firstElementChild?.replaceChildren(
      ...(bot ? [avatar(bot, 'tiny'), botName()] : []),
    )
    const items = this.#shown.map((leaf, i) => this.#item(leaf, i))
    const empty = leaves().length === 0 ? words().noCommandsYet : words().noCommands
    this.#options.replaceChildren(
      ...(items.length > 0
        ? items
        : [
            h(
              'li',
              {
                role: 'option',
                class: 'option empty',
                'aria-selected': 'false',
                'aria-disabled': 'true',
              },
              empty,
            ),
          ]),
    )
    this.element.hidden = false
    this.#text.setAttribute(
      'aria-activedescendant',
      items.length > 0 ? `command-${this.#active}` : '',
    )
    items[this.#active]?.scrollIntoView({ block: 'nearest' })
  }

  #item(/** @type {Leaf} */ leaf, /** @type {number} */ i) {
    const choose = (/** @type {Event} */ event) => {
      // Otherwise the text field loses the focus, and the list closes before the click.
      event.preventDefault()
      this.#chosen(leaf)
    }
    const names = leaf.options.flatMap((option) => [
      ' ',
      h(
        'span',
        {
          class: option.required ? 'option-hint required' : 'option-hint',
          title: described(option),
        },
        option.name_localized ?? option.name,
        option.required ? '' : '?',
      ),
    ])
    return h(
      'li',
      {
        role: 'option',
        id: `command-${i}`,
        class: i === this.#active ? 'option active' : 'option',
        'aria-selected': String(i === this.#active),
        onmousedown: choose,
      },
      h(
        'span',
        {},
        h('span', { class: 'option-label' }, `/${leaf.label}`, ...names),
        h('span', { class: 'option-description' }, leaf.description),
      ),
    )
  }
}
