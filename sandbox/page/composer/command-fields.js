/**
 * The input fields for a command's options. Each has an element and a value.
 *
 * @import { Draft, Option } from '../types.d.ts'
 * @import { Item } from '../widgets/option-list.js'
 */

import { h } from '../widgets/dom.js'
import { acceptable, draftOf, release } from './drafts.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { drawPicker } from '../widgets/select.js'

const STRING = 3
const INTEGER = 4
const BOOLEAN = 5
const NUMBER = 10

/** Converts a text to a value of the option's type. */
export function typed(/** @type {Option} */ option, /** @type {string} */ text) {
  if (option.type === BOOLEAN) {
    return text === 'true'
  }
  return option.type === INTEGER || option.type === NUMBER ? Number(text) : text
}

/**
 * The item that a text names: by its label, with or without `#` and `@`, its description, its
 * value, or a mention of it.
 *
 * @param {readonly Item[]} items
 * @param {string} text
 */
export function itemNamed(items, text) {
  const id = /^<(?:#|@[!&]?)(\d+)>$/.exec(text)?.[1] ?? text
  return (
    items.find(({ value }) => value === id) ??
    items.find(({ label }) => plain(label) === plain(text)) ??
    items.find(({ value, description }) => [value, description].map(plain).includes(plain(text)))
  )
}

function plain(/** @type {string | undefined} */ name) {
  return name?.replace(/^[#@]/, '').trim().toLowerCase()
}

/**
 * A field for choosing one of several items.
 *
 * @param {Option} option
 * @param {string} label
 * @param {readonly Item[]} items
 * @param {string} [preset] names the item that is chosen at first.
 */
export function pickControl(option, label, items, preset) {
  let chosen = preset === undefined ? undefined : itemNamed(items, preset)?.value
  const control = drawPicker({
    items,
    least: option.required ? 1 : 0,
    most: 1,
    values: chosen === undefined ? [] : [chosen],
    label,
    typedName: option.name_localized ?? option.name,
    placeholder: words().choose,
    chosen: (values) => (chosen = values[0]),
  })
  return { control, value: () => (chosen === undefined ? null : typed(option, chosen)) }
}

/** A text or a number. */
export function textControl(
  /** @type {Option} */ option,
  /** @type {string} */ label,
  preset = '',
) {
  const numeric = option.type !== STRING
  const control = h('input', {
    class: 'option-input',
    'aria-label': label,
    type: numeric ? 'number' : 'text',
    step: option.type === INTEGER ? 1 : numeric ? 'any' : undefined,
    min: option.min_value,
    max: option.max_value,
    minlength: option.min_length,
    maxlength: option.max_length ?? 6000,
    autocomplete: 'off',
    value: preset,
  })
  return { control, value: () => (control.value === '' ? null : typed(option, control.value)) }
}

/** A file. */
export function fileControl(/** @type {Option} */ option, /** @type {string} */ label) {
  /** @type {Draft | null} */
  let draft = null
  const input = h('input', {
    type: 'file',
    class: 'visually-hidden',
    tabindex: -1,
    'aria-hidden': 'true',
  })
  if (option.file_types?.includes('image')) {
    input.accept = 'image/*'
  }
  const button = h('button', { type: 'button', class: 'file-option', onclick: () => input.click() })
  const show = () => {
    const text = draft?.file.name ?? words().dropOrChoose
    button.setAttribute('aria-label', `${label}: ${draft ? words().fileChosen(text) : text}`)
    button.replaceChildren(
      draft?.preview ? h('img', { src: draft.preview, alt: '' }) : icon('image'),
      h('span', {}, text),
    )
  }
  const take = (/** @type {File} */ file) => {
    if (draft) {
      release(draft)
    }
    draft = draftOf(file)
    show()
  }
  input.addEventListener('change', () => {
    for (const file of acceptable([...(input.files ?? [])], 0)) {
      take(file)
    }
    button.focus()
  })
  show()
  const shown = h('span', {}, button, input)
  const drop = () => draft && release(draft)
  return { control: button, shown, take, drop: () => void drop(), value: () => draft?.file ?? null }
}
