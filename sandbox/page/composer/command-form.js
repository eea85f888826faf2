/**
 * The form of a slash command: its options in a row, in place of the text.
 *
 * @import { Option } from '../types.d.ts'
 * @import { Leaf } from '../state/command-tree.js'
 */

import { AutocompleteField } from './autocomplete.js'
import { fileControl, pickControl, textControl, typed } from './command-fields.js'
import { namedAtEnd } from '../state/command-text.js'
import { ATTACHMENT, described } from '../state/command-tree.js'
import { h, iconButton } from '../widgets/dom.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { channels, people, roles } from '../widgets/select.js'

const BOOLEAN = 5

/** What people write for true and false. */
const TRUE = /^(true|yes|on|1|是|开)$/i
const FALSE = /^(false|no|off|0|否|关)$/i

function truthOf(/** @type {string} */ text) {
  return TRUE.test(text) ? 'true' : FALSE.test(text) ? 'false' : text
}

/**
 * An option's field. Its value is read when the command is sent.
 *
 * @typedef {{ option: Option, element: HTMLElement, control: HTMLElement,
 *   value: () => string | number | boolean | File | null, take?: (file: File) => void, drop?: () => void }} Field
 */

/** The form. */
export class CommandForm {
  #fields = /** @type {Map<string, Field>} */ (new Map())
  #line = h('div', { class: 'option-fields' })
  #more = h('div', { class: 'option-more' })
  #problem = h('p', { class: 'problem', role: 'alert' })
  /** The description of the focused option. Screen readers get it from the field's label. */
  #hint = h('p', { class: 'option-hint quiet-text', 'aria-hidden': 'true' })
  #leave
  /** What was typed while the focus was on the button. */
  #typed = ''
  leaf
  element

  /**
   * @param {Leaf} leaf
   * @param {{ run: () => void, leave: () => void, values?: ReadonlyMap<string, string> }} on
   *   `values` are typed values by the option's name.
   */
  constructor(leaf, on) {
    this.leaf = leaf
    this.#leave = on.leave
    const run = h('button', { type: 'submit', class: 'button primary run' }, words().runCommand)
    this.element = h(
      'form',
      { class: 'command-form', 'aria-label': `/${leaf.label}` },
      this.#hint,
      h(
        'div',
        { class: 'command-line' },
        h('span', { class: 'command-name', title: leaf.description }, `/${leaf.label}`),
        this.#line,
        run,
        iconButton(icon('close'), words().leaveCommand, on.leave),
      ),
      this.#more,
      this.#problem,
    )
    this.element.addEventListener('submit', (event) => {
      event.preventDefault()
      on.run()
    })
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') {
        return
      }
      event.preventDefault()
      on.leave()
    })
    this.element.addEventListener('input', (event) => this.#onInput(event))
    this.element.addEventListener('keydown', (event) => this.#onRunKey(event))
    this.#hint.textContent = leaf.description
    for (const option of leaf.options) {
      if (option.required || on.values?.has(option.name)) {
        this.#add(option, on.values?.get(option.name))
      }
    }
    this.#drawMore()
    this.#complainOfUnknown(on.values ?? new Map())
  }

  /** Focuses the first empty option. */
  focus() {
    const fields = [...this.#fields.values()]
    const empty = fields.find((field) => field.value() === null)
    const next = empty?.control ?? this.element.querySelector('.run')
    if (next instanceof HTMLElement) {
      next.focus()
    }
  }

  /** Puts a file into the first empty attachment option; adds the option if needed. */
  takeFile(/** @type {File} */ file) {
    const options = this.leaf.options.filter(({ type }) => type === ATTACHMENT)
    const free =
      options.find(({ name }) => (this.#fields.get(name)?.value() ?? null) === null) ?? options[0]
    if (!free) {
      return false
    }
    this.#add(free).take?.(file)
    return true
  }

  /** The filled-in values, or null after showing what is missing. */
  read() {
    const missing = [...this.#fields.values()].filter(
      (field) => field.option.required && field.value() === null,
    )
    for (const field of this.#fields.values()) {
      field.control.toggleAttribute('aria-invalid', missing.includes(field))
      field.element.classList.toggle('missing', missing.includes(field))
    }
    this.#problem.textContent = missing.length > 0 ? words().required : ''
    if (missing.length > 0) {
      missing[0]?.control.focus()
      return null
    }
    return this.#collect()
  }

  /** Shows why the sandbox refused. */
  complain(/** @type {string} */ sentence) {
    this.#problem.textContent = sentence
  }

  /** Releases the previews' object URLs. */
  close() {
    for (const field of this.#fields.values()) {
      field.drop?.()
    }
  }

  #collect() {
    /** @type {Record<string, unknown>} */
    const options = {}
    /** @type {File[]} */
    const files = []
    for (const [name, field] of this.#fields) {
      const value = field.value()
      if (value === null) {
        continue
      }
      options[name] = value instanceof File ? { file: files.push(value) - 1 } : value
    }
    return { options, files }
  }

  /** Says which typed value is none of the option's; files are chosen, never typed. */
  #complainOfUnknown(/** @type {ReadonlyMap<string, string>} */ values) {
    for (const [name, text] of values) {
      const field = this.#fields.get(name)
      if (field && field.value() === null && field.option.type !== ATTACHMENT) {
        this.complain(words().noSuchValue(field.option.name_localized ?? name, text))
      }
    }
  }

  /** Adds the option and opens it: a list, or else a field with the focus. */
  #open(/** @type {Option} */ option) {
    const { control } = this.#add(option)
    control.focus()
    if (control.getAttribute('aria-haspopup') === 'listbox') {
      control.click()
    }
  }

  /** A typed `name:` goes on with that option, as in Discord's client. */
  #onInput(/** @type {Event} */ { target }) {
    if (!(target instanceof HTMLInputElement) || target.type === 'file') {
      return
    }
    const named = namedAtEnd(target.value, this.leaf.options)
    if (!named) {
      return
    }
    target.value = named.before
    this.#open(named.option)
  }

  /** The same while the focus is on the button, which shows no text. */
  #onRunKey(/** @type {KeyboardEvent} */ { key, target, ctrlKey, metaKey, altKey }) {
    const onRun = target instanceof HTMLElement && target.classList.contains('run')
    if (!onRun || key.length !== 1 || ctrlKey || metaKey || altKey) {
      return
    }
    this.#typed += key
    const named = namedAtEnd(this.#typed, this.leaf.options)
    if (named) {
      this.#typed = ''
      // Otherwise the colon would be typed into the option's field.
      setTimeout(() => this.#open(named.option))
    }
  }

  #add(/** @type {Option} */ option, preset = /** @type {string | undefined} */ (undefined)) {
    const known = this.#fields.get(option.name)
    if (known) {
      return known
    }
    const field = this.#field(option, preset)
    this.#fields.set(option.name, field)
    this.#line.append(field.element)
    this.#drawMore()
    return field
  }

  #drawMore() {
    const rest = this.leaf.options.filter(({ name }) => !this.#fields.has(name))
    this.#more.replaceChildren(
      ...(rest.length > 0 ? [h('span', { class: 'quiet-text' }, words().moreOptions)] : []),
      ...rest.map((option) => {
        const label = option.name_localized ?? option.name
        const add = () => this.#open(option)
        return h(
          'button',
          {
            type: 'button',
            class: 'chip-button',
            title: described(option),
            'aria-label': words().addOption(label),
            onclick: add,
          },
          `+ ${label}`,
        )
      }),
    )
  }

  /** @returns {Field} */
  #field(/** @type {Option} */ option, /** @type {string | undefined} */ preset) {
    const name = option.name_localized ?? option.name
    const label = `${name}: ${described(option)}`
    const { control, value, take, drop, shown } = this.#control(option, label, preset)
    const element = h(
      'span',
      { class: 'option-field', title: described(option) },
      h('span', { class: 'option-name', 'aria-hidden': 'true' }, name),
      shown ?? control,
    )
    control.addEventListener('focus', () => (this.#hint.textContent = described(option)))
    control.addEventListener('keydown', (event) => {
      const empty = control instanceof HTMLInputElement && control.value === ''
      // Backspace in an empty option removes the option, or else closes the command.
      if (event.key === 'Backspace' && empty) {
        this.#back(option)
      }
    })
    return { option, element, control, value, ...(take ? { take } : {}), ...(drop ? { drop } : {}) }
  }

  #back(/** @type {Option} */ option) {
    const field = this.#fields.get(option.name)
    if (option.required || !field) {
      return this.#leave()
    }
    field.element.remove()
    this.#fields.delete(option.name)
    this.#drawMore()
    this.focus()
  }

  /** @returns {{ control: HTMLElement, shown?: HTMLElement, value: Field['value'], take?: (file: File) => void, drop?: () => void }} */
  #control(
    /** @type {Option} */ option,
    /** @type {string} */ label,
    /** @type {string | undefined} */ preset,
  ) {
    if (option.type === ATTACHMENT) {
      return fileControl(option, label)
    }
    if (option.choices?.length) {
      return pickControl(
        option,
        label,
        option.choices.map((choice) => ({
          label: choice.name_localized ?? choice.name,
          value: String(choice.value),
        })),
        preset,
      )
    }
    switch (option.type) {
      case BOOLEAN:
        return pickControl(
          option,
          label,
          [
            { label: words().yes, value: 'true' },
            { label: words().no, value: 'false' },
          ],
          preset && truthOf(preset),
        )
      case 6:
        return pickControl(option, label, people(), preset)
      case 7:
        return pickControl(option, label, channels(option.channel_types), preset)
      case 8:
        return pickControl(option, label, roles(), preset)
      case 9:
        return pickControl(option, label, [...people(), ...roles()], preset)
      default:
        return option.autocomplete
          ? this.#autocomplete(option, label, preset)
          : textControl(option, label, preset)
    }
  }

  #autocomplete(/** @type {Option} */ option, /** @type {string} */ label, preset = '') {
    const field = new AutocompleteField(option, label, () => {
      const { options } = this.#collect()
      return { name: this.leaf.name, options: { ...options, [option.name]: field.input.value } }
    })
    field.input.value = preset
    const value = () => {
      const input = field.value()
      return input === null ? null : typed(option, String(input))
    }
    return { control: field.input, shown: field.element, value }
  }
}
