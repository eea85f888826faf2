/**
 * Modals: forms that the bot opens, with text inputs, selects, file uploads, radio groups and checkboxes.
 *
 * Source: developers/components/reference.mdx, "Label".
 *
 * @import { Component, Modal } from '../types.d.ts'
 */

import { openDialog } from '../widgets/dialogs.js'
import { act, onEvent } from '../state/api.js'
import { h } from '../widgets/dom.js'
import { words } from '../language/language.js'
import { CHECKBOX, Chosen, drawControl } from './modal-controls.js'
import { changed, forgetPending, state, waitFor } from '../state/state.js'
import { drawText } from '../text/text.js'

const TEXT_DISPLAY = 10
const LABEL = 18

let nextId = 0

/** @typedef {{ customId: string, control: HTMLElement, problem: HTMLElement, value: () => unknown, wrong: () => string }} Field */

/** Opens a modal when the bot responds with one. */
export function listenForModals() {
  onEvent('modal', (event) => {
    if (event.type === 'modal') {
      open(event)
    }
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
    if (check(fields)) {
      void send(modal, fields, { dialog, submit, problem, signal: closing.signal })
    }
  })
}

/** @returns {HTMLElement[]} */
function drawPart(/** @type {Component} */ component, /** @type {Field[]} */ fields) {
  if (component.type === TEXT_DISPLAY) {
    return [h('div', { class: 'message-text' }, ...drawText(component.content ?? ''))]
  }
  if (component.type === LABEL && component.component) {
    return [
      drawLabel(component.label ?? '', component.description ?? null, component.component, fields),
    ]
  }
  // The older format: an action row around each text input, which has its own label.
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
      if (required && (length === 0 || made.empty?.())) {
        return words().required
      }
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

function check(/** @type {readonly Field[]} */ fields) {
  const wrong = fields.filter((field) => {
    field.problem.textContent = field.wrong()
    return field.problem.textContent !== ''
  })
  wrong[0]?.control.focus()
  return wrong.length === 0
}

/**
 * Submits the modal; the dialog stays open until the bot has accepted it.
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
      const input = value()
      if (!(input instanceof Chosen)) {
        return [customId, input]
      }
      return [customId, { files: input.files.map((file) => files.push(file) - 1) }]
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
      if (pending && !pending.failed) {
        return
      }
      over.abort()
      if (!pending) {
        return dialog.close('sent')
      }
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
