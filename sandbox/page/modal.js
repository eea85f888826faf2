/**
 * Modals: forms that the bot opens. Texts, selects, files, radio groups and check boxes.
 *
 * Source: developers/components/reference.mdx, "Label".
 *
 * @import { Component, Modal } from './types.d.ts'
 */

import { openDialog } from './dialogs.js'
import { act, onTold } from './door.js'
import { h } from './dom.js'
import { acceptable } from './drafts.js'
import { icon } from './icons.js'
import { words } from './language.js'
import { drawSelect } from './select.js'
import { changed, forgetPending, state, waitFor } from './state.js'
import { drawText } from './text.js'

const TEXT_INPUT = 4
const TEXT_DISPLAY = 10
const LABEL = 18
const FILE_UPLOAD = 19
const RADIO_GROUP = 21
const CHECKBOX_GROUP = 22
const CHECKBOX = 23

const PARAGRAPH = 2

let nextId = 0

/** @typedef {{ customId: string, control: HTMLElement, problem: HTMLElement, value: () => unknown, wrong: () => string }} Field */

/** Opens whatever modal the bot asks for. */
export function listenForModals() {
  onTold('modal', (told) => {
    if (told.type === 'modal') open(told)
  })
}

function open(/** @type {Modal} */ modal) {
  /** @type {Field[]} */
  const fields = []
  const parts = modal.components.flatMap((component) => drawPart(component, fields))
  const problem = h('p', { class: 'problem', role: 'alert' })
  const submit = h('button', { type: 'submit', class: 'button primary' }, words().submit)
  const cancel = h(
    'button',
    { type: 'button', class: 'button quiet', onclick: () => dialog.close('') },
    words().cancel,
  )
  const form = h(
    'form',
    { class: 'modal-form', novalidate: true },
    h('p', { class: 'modal-hint' }, words().modalHint),
    ...parts,
    problem,
    h('div', { class: 'dialog-actions' }, cancel, submit),
  )
  const closing = new AbortController()
  const dialog = openDialog(modal.title, [form], {
    className: 'modal',
    closed: () => closing.abort(),
  })
  fields[0]?.control.focus()
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (check(fields)) void send(modal, fields, { dialog, submit, problem, signal: closing.signal })
  })
}

/** @returns {HTMLElement[]} */
function drawPart(/** @type {Component} */ component, /** @type {Field[]} */ fields) {
  if (component.type === TEXT_DISPLAY)
    return [h('div', { class: 'message-text' }, ...drawText(component.content ?? ''))]
  if (component.type === LABEL && component.component) {
    return [
      drawLabel(component.label ?? '', component.description ?? null, component.component, fields),
    ]
  }
  // The older form: a row around each text input, which carries its own label.
  return (component.components ?? []).map((child) =>
    drawLabel(child.label ?? '', null, child, fields),
  )
}

/**
 * @param {string} label
 * @param {string | null} description
 * @param {Component} component
 * @param {Field[]} fields
 */
function drawLabel(label, description, component, fields) {
  const id = `modal-${++nextId}`
  const required = component.required ?? component.type !== CHECKBOX
  const made = drawControl(component, label, id)
  const problem = h('p', { class: 'problem', id: `${id}-problem` })
  made.control.setAttribute('aria-describedby', `${id}-problem`)
  fields.push({
    customId: component.custom_id ?? '',
    control: made.control,
    problem,
    value: made.value,
    wrong: () => {
      const value = made.value()
      const length = typeof value === 'string' || Array.isArray(value) ? value.length : 1
      if (required && (length === 0 || made.empty?.())) return words().required
      const least = component.min_length ?? 0
      return typeof value === 'string' && length > 0 && length < least
        ? words().tooShort(least)
        : ''
    },
  })
  return h(
    'div',
    { class: 'modal-field' },
    h(
      'label',
      { class: 'field-label', for: id },
      label,
      required && h('span', { class: 'required-mark', 'aria-hidden': 'true' }, ' *'),
    ),
    description && h('p', { class: 'quiet-text' }, description),
    made.shown ?? made.control,
    problem,
  )
}

/** @returns {{ control: HTMLElement, shown?: HTMLElement, value: () => unknown, empty?: () => boolean }} */
function drawControl(
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

/** Files as a field's value, apart from lists of texts. */
class Chosen {
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
  if (component.file_types?.includes('image')) input.accept = 'image/*'
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

function check(/** @type {readonly Field[]} */ fields) {
  const wrong = fields.filter((field) => {
    field.problem.textContent = field.wrong()
    return field.problem.textContent !== ''
  })
  wrong[0]?.control.focus()
  return wrong.length === 0
}

/**
 * Sends it; the dialog stays until the bot has taken it.
 *
 * @param {Modal} modal
 * @param {readonly Field[]} fields
 * @param {{ dialog: HTMLDialogElement, submit: HTMLButtonElement, problem: HTMLElement, signal: AbortSignal }} view
 */
async function send(modal, fields, { dialog, submit, problem, signal }) {
  /** @type {File[]} */
  const files = []
  const values = Object.fromEntries(
    fields.map(({ customId, value }) => {
      const given = value()
      if (!(given instanceof Chosen)) return [customId, given]
      return [customId, { files: given.files.map((file) => files.push(file) - 1) }]
    }),
  )
  problem.textContent = ''
  submit.setAttribute('aria-busy', 'true')
  try {
    const { id } = await act('modals', { id: modal.id, values }, files)
    waitFor({
      id,
      channelId: state.current,
      name: null,
      messageId: null,
      customId: null,
      failed: false,
    })
    const over = new AbortController()
    const look = () => {
      const pending = state.pending.get(id)
      if (pending && !pending.failed) return
      over.abort()
      if (!pending) return dialog.close('sent')
      problem.textContent = words().interactionFailed
      submit.removeAttribute('aria-busy')
      forgetPending(id)
    }
    changed('pending', look, AbortSignal.any([signal, over.signal]))
    look()
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error)
    submit.removeAttribute('aria-busy')
  }
}
