/** Dialogs: confirmation, enlarged picture, external link, text prompt. */

import { h, iconButton } from './dom.js'
import { icon } from './icons.js'
import { words } from '../language/language.js'

let nextId = 0

/**
 * Opens a dialog; closing removes it from the page.
 *
 * @param {string} title
 * @param {readonly Node[]} body
 * @param {{ className?: string, closed?: (value: string) => void }} [options]
 */
export function openDialog(title, body, options = {}) {
  const id = `dialog-${++nextId}`
  const dialog = h('dialog', { class: `dialog ${options.className ?? ''}`, 'aria-labelledby': id })
  const close = iconButton(icon('close'), words().close, () => dialog.close(''))
  dialog.append(
    h('header', { class: 'dialog-head' }, h('h2', { id }, title), close),
    h('div', { class: 'dialog-body' }, ...body),
  )
  dialog.addEventListener('close', () => {
    dialog.remove()
    options.closed?.(dialog.returnValue)
  })
  // A click on the backdrop hits the dialog element itself.
  dialog.addEventListener('mousedown', (event) => {
    if (event.target === dialog) {
      dialog.close('')
    }
  })
  document.body.append(dialog)
  dialog.returnValue = ''
  dialog.showModal()
  return dialog
}

/**
 * Asks for confirmation; resolves with whether the person agreed.
 *
 * @param {{ title: string, text: string, yes: string, no?: string, danger?: boolean, detail?: Node }} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, yes, no, danger, detail }) {
  return new Promise((resolve) => {
    const agree = h(
      'button',
      { type: 'button', class: danger ? 'button danger' : 'button primary' },
      yes,
    )
    const refuse = h('button', { type: 'button', class: 'button quiet' }, no ?? words().cancel)
    const body = [
      h('p', {}, text),
      ...(detail ? [detail] : []),
      h('div', { class: 'dialog-actions' }, refuse, agree),
    ]
    const dialog = openDialog(title, body, {
      className: 'small',
      closed: (value) => resolve(value === 'yes'),
    })
    agree.addEventListener('click', () => dialog.close('yes'))
    refuse.addEventListener('click', () => dialog.close(''))
    agree.focus()
  })
}

/** Shows a link's target, and opens it if the person confirms. */
export async function confirmLink(/** @type {string} */ url) {
  const { leaving, leavingText, visit } = words()
  const detail = h('p', { class: 'address' }, url)
  const yes = await ask({ title: leaving, text: leavingText, yes: visit, detail })
  if (yes) {
    open(url, '_blank', 'noopener,noreferrer')
  }
}

/**
 * Asks for one line or a longer text; resolves with it, or null if canceled.
 *
 * @param {{ title: string, label: string, value?: string, yes: string, max: number, long?: boolean, picture?: Node }} what
 * @returns {Promise<string | null>}
 */
export function askText({ title, label, value = '', yes, max, long, picture }) {
  return new Promise((resolve) => {
    const id = `field-${++nextId}`
    const field = h(long ? 'textarea' : 'input', {
      id,
      class: 'field',
      maxlength: max,
      value,
      rows: long ? 4 : undefined,
    })
    const form = h(
      'form',
      {},
      picture,
      h('label', { for: id, class: 'field-label' }, label),
      field,
      h(
        'div',
        { class: 'dialog-actions' },
        h(
          'button',
          { type: 'button', class: 'button quiet', onclick: () => dialog.close('') },
          words().cancel,
        ),
        h('button', { type: 'submit', class: 'button primary' }, yes),
      ),
    )
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      dialog.close('yes')
    })
    const dialog = openDialog(title, [form], {
      className: 'small',
      closed: (closed) => resolve(closed === 'yes' ? field.value : null),
    })
    field.focus()
    field.select()
  })
}

/** Shows a picture as large as the window allows. */
export function enlarge(/** @type {string} */ src, /** @type {string} */ alt) {
  const picture = h('img', { src, alt, class: 'enlarged' })
  openDialog(alt, [picture], { className: 'lightbox' })
}

/** Shows a toast: a message at the bottom of the page for a few seconds. */
export function notify(/** @type {string} */ sentence, kind = 'info') {
  const note = h('div', { class: `toast ${kind}` }, sentence)
  document.getElementById('toasts')?.append(note)
  setTimeout(() => note.remove(), kind === 'bad' ? 8000 : 3000)
}
