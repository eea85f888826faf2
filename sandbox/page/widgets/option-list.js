/**
 * The list of a select: searchable, with single or multiple choice.
 */

import { at, h, place } from './dom.js'
import { icon } from './icons.js'
import { words } from '../language/language.js'

/** @typedef {{ label: string, value: string, description?: string | undefined }} Item */

/**
 * @typedef {{
 *   items: readonly Item[], least: number, most: number, values: readonly string[],
 *   label: string, placeholder: string, disabled?: boolean, busy?: boolean,
 *   focusKey?: string | undefined, typedName?: string, typed?: string,
 *   chosen: (values: string[]) => void
 * }} PickerOptions `typedName` may be typed before what is searched, `typed` was typed already.
 */

/** Lists longer than this get a search field. */
const SEARCH_FROM = 8

let nextId = 0

/** Opens the list under its button. */
export function openList(
  /** @type {HTMLButtonElement} */ button,
  /** @type {PickerOptions} */ options,
  /** @type {(values: string[]) => void} */ chosen,
) {
  const list = new List(button, options, chosen)
  list.open()
}

class List {
  #button
  #options
  #chosen
  #values
  #active = 0
  #id = `list-${++nextId}`
  #search
  #list
  #popup
  #closing = new AbortController()

  constructor(
    /** @type {HTMLButtonElement} */ button,
    /** @type {PickerOptions} */ options,
    /** @type {(values: string[]) => void} */ chosen,
  ) {
    this.#button = button
    this.#options = options
    this.#chosen = chosen
    this.#values = new Set(options.values)
    this.#list = h('ul', {
      role: 'listbox',
      id: this.#id,
      class: 'options',
      'aria-label': options.label,
      'aria-multiselectable': options.most > 1,
    })
    const isShort = options.items.length < SEARCH_FROM
    this.#search = h('input', {
      class: 'field picker-search',
      role: 'combobox',
      'aria-expanded': 'true',
      'aria-controls': this.#id,
      'aria-autocomplete': 'list',
      'aria-label': `${words().search}: ${options.label}`,
      placeholder: words().search,
      autocomplete: 'off',
      readonly: isShort && !options.typed,
      value: options.typed ?? '',
    })
    if (isShort && !options.typed) {
      this.#search.classList.add('visually-hidden')
    }
    const done = h(
      'button',
      { type: 'button', class: 'button primary', onclick: () => this.#finish() },
      words().done,
    )
    this.#popup = h(
      'div',
      { class: 'popup picker-popup' },
      this.#search,
      this.#list,
      options.most > 1 && done,
    )
  }

  open() {
    const { signal } = this.#closing
    // Inside a modal dialog only its own descendants can be used.
    const home = this.#button.closest('dialog') ?? at('main')
    home.append(this.#popup)
    this.#popup.style.minWidth = `${this.#button.getBoundingClientRect().width}px`
    this.#draw()
    place(this.#popup, this.#button.getBoundingClientRect(), 'below')
    this.#button.setAttribute('aria-expanded', 'true')
    this.#search.focus()
    this.#search.addEventListener('input', () => {
      this.#active = 0
      this.#draw()
    })
    this.#search.addEventListener('keydown', (event) => this.#key(event))
    const outside = (/** @type {Event} */ event) => {
      if (!(event.target instanceof Node) || this.#popup.contains(event.target)) {
        return
      }
      event.stopPropagation()
      if (this.#options.most > 1) {
        this.#finish()
      } else {
        this.#close()
      }
    }
    document.addEventListener('mousedown', outside, { capture: true, signal })
    addEventListener('resize', () => this.#close(), { signal })
  }

  #shown() {
    const name = `${this.#options.typedName ?? ''}:`.toLowerCase()
    const typed = this.#search.value.trim().toLowerCase()
    const wanted = typed.startsWith(name) ? typed.slice(name.length).trim() : typed
    return this.#options.items.filter(
      ({ label, description }) =>
        label.toLowerCase().includes(wanted) || description?.toLowerCase().includes(wanted),
    )
  }

  #draw() {
    const shown = this.#shown()
    const drawn = shown.map((item, i) =>
      h(
        'li',
        {
          role: 'option',
          id: `${this.#id}-${i}`,
          class: i === this.#active ? 'option active' : 'option',
          'aria-selected': String(this.#values.has(item.value)),
          onclick: () => this.#toggle(item.value),
        },
        h(
          'span',
          {},
          h('span', { class: 'option-label' }, item.label),
          item.description && h('span', { class: 'option-description' }, item.description),
        ),
        this.#values.has(item.value) && icon('check'),
      ),
    )
    this.#list.replaceChildren(
      ...(drawn.length > 0
        ? drawn
        : [
            h(
              'li',
              {
                role: 'option',
                class: 'option empty',
                'aria-disabled': 'true',
                'aria-selected': 'false',
              },
              words().nothingFound,
            ),
          ]),
    )
    this.#search.setAttribute(
      'aria-activedescendant',
      drawn.length > 0 ? `${this.#id}-${this.#active}` : '',
    )
    drawn[this.#active]?.scrollIntoView({ block: 'nearest' })
  }

  #key(/** @type {KeyboardEvent} */ event) {
    const shown = this.#shown()
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      this.#active = (this.#active + step + shown.length) % Math.max(1, shown.length)
    } else if (event.key === 'Enter' || (event.key === ' ' && this.#search.readOnly)) {
      const item = shown[this.#active]
      if (item) {
        this.#toggle(item.value)
      }
    } else if (event.key === 'Escape') {
      event.stopPropagation()
      this.#close()
    } else if (event.key === 'Tab') {
      if (this.#options.most > 1) {
        this.#finish()
      } else {
        this.#close()
      }
      return
    } else {
      return
    }
    event.preventDefault()
    this.#draw()
  }

  #toggle(/** @type {string} */ value) {
    const { most } = this.#options
    if (most <= 1) {
      // Choosing an optional choice again clears it.
      const back = this.#options.least === 0 && this.#values.has(value)
      this.#values = new Set(back ? [] : [value])
      return this.#finish()
    }
    if (this.#values.has(value)) {
      this.#values.delete(value)
    } else if (this.#values.size < most) {
      this.#values.add(value)
    }
    this.#draw()
  }

  #finish() {
    const values = [...this.#values]
    const before = this.#options.values
    this.#close()
    const same = values.length === before.length && values.every((value) => before.includes(value))
    if (values.length >= this.#options.least && !same) {
      this.#chosen(values)
    }
  }

  #close() {
    this.#closing.abort()
    this.#popup.remove()
    this.#button.setAttribute('aria-expanded', 'false')
    this.#button.focus()
  }
}
