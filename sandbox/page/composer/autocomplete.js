/**
 * A text field with autocomplete: the bot supplies choices while the person types.
 *
 * @import { Choice, Option } from '../types.d.ts'
 */

import { act, onEvent } from '../state/api.js'
import { h, place } from '../widgets/dom.js'
import { words } from '../language/language.js'

/** Debounce: the wait after a keystroke before the bot is asked for choices, in milliseconds. */
const PAUSE_MS = 200

let nextId = 0

/** Callbacks that wait for choices, by request id. @type {Map<string, (choices: readonly Choice[]) => void>} */
const waiting = new Map()

/** Choices that arrived before the response to their request, by request id. @type {Map<string, readonly Choice[]>} */
const early = new Map()

onEvent('choices', (event) => {
  if (event.type !== 'choices') {
    return
  }
  const then = waiting.get(event.id)
  waiting.delete(event.id)
  if (then) {
    then(event.choices)
  } else {
    early.set(event.id, event.choices)
  }
})

/** The field and its list of choices. */
export class AutocompleteField {
  #option
  #filledIn
  #id = `choices-${++nextId}`
  #list
  /** @type {readonly Choice[]} */
  #choices = []
  #active = 0
  /** @type {Choice | null} */
  #taken = null
  #timer = 0
  #asked = ''
  input
  element

  /**
   * @param {Option} option
   * @param {string} label
   * @param {() => { name: string, options: object }} filledIn the command and its options so far.
   */
  constructor(option, label, filledIn) {
    this.#option = option
    this.#filledIn = filledIn
    this.#list = h('ul', {
      role: 'listbox',
      id: this.#id,
      class: 'popup options',
      hidden: true,
      'aria-label': label,
    })
    this.input = h('input', {
      class: 'option-input',
      role: 'combobox',
      'aria-label': label,
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
      'aria-controls': this.#id,
      autocomplete: 'off',
      oninput: () => this.#askSoon(),
      onfocus: () => this.#askSoon(),
      onblur: () => this.#close(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    })
    this.element = h('span', { class: 'autocomplete' }, this.input, this.#list)
  }

  /** The selected choice, else the typed text, else null. */
  value() {
    return this.#taken?.value ?? (this.input.value === '' ? null : this.input.value)
  }

  #askSoon() {
    this.#taken = null
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#ask(), PAUSE_MS)
  }

  async #ask() {
    const payload = { ...this.#filledIn(), focused: this.#option.name }
    const answer = await act('autocomplete', payload).catch(() => null)
    if (!answer) {
      return this.#close()
    }
    const { id } = answer
    this.#asked = id
    const come = early.get(id)
    early.delete(id)
    if (come) {
      this.#show(id, come)
    } else {
      waiting.set(id, (choices) => this.#show(id, choices))
    }
  }

  /** Shows choices, unless they are stale (for earlier text) or the field has lost the focus. */
  #show(/** @type {string} */ id, /** @type {readonly Choice[]} */ choices) {
    if (id !== this.#asked || document.activeElement !== this.input) {
      return
    }
    this.#choices = choices
    this.#active = 0
    this.#draw()
  }

  #draw() {
    const items = this.#choices.map((choice, i) =>
      h(
        'li',
        {
          role: 'option',
          id: `${this.#id}-${i}`,
          class: i === this.#active ? 'option active' : 'option',
          'aria-selected': String(i === this.#active),
          // On mousedown: a click would first blur the field, which closes the list.
          onmousedown: (/** @type {Event} */ event) => {
            event.preventDefault()
            this.#take(choice)
          },
        },
        choice.name_localized ?? choice.name,
      ),
    )
    const none = h(
      'li',
      { role: 'option', class: 'option empty', 'aria-selected': 'false', 'aria-disabled': 'true' },
      words().nothingFound,
    )
    this.#list.replaceChildren(...(items.length > 0 ? items : [none]))
    this.#list.hidden = false
    this.input.setAttribute('aria-expanded', 'true')
    if (items.length > 0) {
      this.input.setAttribute('aria-activedescendant', `${this.#id}-${this.#active}`)
    }
    place(this.#list, this.input.getBoundingClientRect(), 'above')
  }

  #take(/** @type {Choice} */ choice) {
    this.#taken = choice
    this.input.value = choice.name_localized ?? choice.name
    this.#close()
  }

  #close() {
    this.#list.hidden = true
    this.input.setAttribute('aria-expanded', 'false')
    this.input.removeAttribute('aria-activedescendant')
  }

  #key(/** @type {KeyboardEvent} */ event) {
    if (this.#list.hidden) {
      return
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const count = this.#choices.length
    const choice = this.#choices[this.#active]
    if (step) {
      this.#active = (this.#active + step + count) % Math.max(1, count)
      this.#draw()
    } else if (event.key === 'Tab' && choice) {
      return this.#take(choice)
    } else if (event.key === 'Enter' && choice) {
      this.#take(choice)
    } else if (event.key === 'Escape') {
      this.#close()
    } else {
      return
    }
    event.preventDefault()
    event.stopPropagation()
  }
}
