/**
 * The controls inside a modal's labels.
 *
 * @import { Component } from '../types.d.ts'
 */

import { h } from '../widgets/dom.js'
import { acceptable } from '../composer/drafts.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { drawSelect } from '../widgets/select.js'

const TEXT_INPUT = 4
const FILE_UPLOAD = 19
const RADIO_GROUP = 21
const CHECKBOX_GROUP = 22
export const CHECKBOX = 23

const PARAGRAPH = 2

/**
 * The control of a label, with its value.
 *
 * @returns {{ control: HTMLElement, shown?: HTMLElement, value: () => unknown, empty?: () => boolean }}
 */
export function drawControl(
  /** @type {Component} */ component,
  /** @type {string} */ label,
  /** @type {string} */ id,
) {
  switch (component.type) {
    case TEXT_INPUT:
      return textControl(component, id)
    case FILE_UPLOAD:
      return fileControl(component, label, id)
    case RADIO_GROUP:
    case CHECKBOX_GROUP:
      return groupControl(component, label, id)
    case CHECKBOX: {
      const control = h('input', { type: 'checkbox', id, checked: component.default === true })
      return { control, value: () => control.checked, empty: () => !control.checked }
    }
    default:
      return selectControl(component, label, id)
  }
}

function textControl(/** @type {Component} */ component, /** @type {string} */ id) {
  const long = component.style === PARAGRAPH
  const control = h(long ? 'textarea' : 'input', {
    id,
    class: 'field',
    rows: long ? 4 : undefined,
    maxlength: component.max_length ?? 4000,
    placeholder: component.placeholder,
    value: component.value ?? '',
    autocomplete: 'off',
  })
  return { control, value: () => control.value }
}

function selectControl(
  /** @type {Component} */ component,
  /** @type {string} */ label,
  /** @type {string} */ id,
) {
  let chosen = component.options?.filter((option) => option.default).map(({ value }) => value) ?? []
  const least = component.required === false ? 0 : (component.min_values ?? 1)
  const control = drawSelect(
    { ...component, min_values: least },
    { label, chosen: (values) => (chosen = values) },
  )
  control.id = id
  return { control, value: () => chosen }
}

function groupControl(
  /** @type {Component} */ component,
  /** @type {string} */ label,
  /** @type {string} */ id,
) {
  const radio = component.type === RADIO_GROUP
  const boxes = (component.options ?? []).map((option) =>
    h('input', {
      type: radio ? 'radio' : 'checkbox',
      name: id,
      value: option.value,
      checked: option.default === true,
    }),
  )
  const rows = (component.options ?? []).map((option, i) =>
    h(
      'label',
      { class: 'check-row' },
      boxes[i],
      h(
        'span',
        {},
        option.label,
        option.description && h('span', { class: 'option-description' }, option.description),
      ),
    ),
  )
  const control = h(
    'div',
    {
      id,
      role: radio ? 'radiogroup' : 'group',
      'aria-label': label,
      tabindex: -1,
      class: 'check-group',
    },
    ...rows,
  )
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value)
  return { control, value: () => (radio ? (chosen()[0] ?? '') : chosen()) }
}

/** The files of a field, as a class to tell them from lists of texts. */
export class Chosen {
  files
  constructor(/** @type {readonly File[]} */ files) {
    this.files = files
  }
}

function fileControl(
  /** @type {Component} */ component,
  /** @type {string} */ label,
  /** @type {string} */ id,
) {
  /** @type {File[]} */
  let files = []
  const most = component.max_values ?? 1
  const input = h('input', {
    type: 'file',
    class: 'visually-hidden',
    tabindex: -1,
    multiple: most > 1,
    'aria-hidden': 'true',
  })
  if (component.file_types?.includes('image')) {
    input.accept = 'image/*'
  }
  const control = h('button', {
    type: 'button',
    id,
    class: 'file-drop',
    onclick: () => input.click(),
  })
  const show = () => {
    const names = files.map(({ name }) => name).join(', ')
    control.replaceChildren(icon('image'), h('span', {}, names || words().dropOrChoose))
    control.setAttribute('aria-label', `${label}: ${names || words().dropOrChoose}`)
  }
  const take = (/** @type {readonly File[]} */ list) => {
    files = acceptable(list, 0).slice(0, most)
    show()
  }
  input.addEventListener('change', () => take([...(input.files ?? [])]))
  control.addEventListener('dragover', (event) => event.preventDefault())
  control.addEventListener('drop', (event) => {
    event.preventDefault()
    event.stopPropagation()
    take([...(event.dataTransfer?.files ?? [])])
  })
  show()
  return {
    control,
    shown: h('div', {}, control, input),
    value: () => new Chosen(files),
    empty: () => files.length === 0,
  }
}
