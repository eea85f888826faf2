/** Modals as an application sends them: what Discord takes, and what it refuses. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isJson } from '../../src/protocol/field-checks.ts'
import type { Json } from '../../src/protocol/field-checks.ts'
import { readModal } from '../../src/messages/components/modal-components.ts'
import { ApiError } from '../../src/protocol/errors.ts'

function row(...components: object[]) {
  return { type: 1, components }
}

function button(customId: string, more: object = {}) {
  return { type: 2, style: 1, label: 'x', custom_id: customId, ...more }
}

function select(more: object = {}) {
  return { type: 3, custom_id: 's', options: [{ label: 'a', value: 'a' }], ...more }
}

function labelled(component: object, more: object = {}) {
  return { type: 18, label: 'L', component, ...more }
}

function modal(components: readonly object[], more: object = {}): Json {
  return { custom_id: 'm', title: 'T', components, ...more }
}

/** Asserts that the modal is refused at that path. */
function modalRefused(given: Json, path: string, code: string): void {
  assert.throws(
    () => readModal(given),
    (error) => {
      assert.ok(error instanceof ApiError)
      let node: unknown = error.errors
      for (const key of ['data', ...path.split('.')]) {
        node = isJson(node) ? node[key] : undefined
      }
      assert.match(JSON.stringify(isJson(node) && node['_errors']), new RegExp(code))
      return true
    },
  )
}

describe('readModal', () => {
  const input = { type: 4, custom_id: 't', style: 1 }

  it('takes every field, numbered', () => {
    const { components } = readModal(
      modal([
        { type: 10, content: 'Say it' },
        labelled(input, { description: 'D' }),
        labelled({ type: 19, custom_id: 'f', max_values: 10, file_types: ['image', '.pdf'] }),
        labelled({
          type: 21,
          custom_id: 'r',
          options: ['a', 'b'].map((value) => ({ label: value, value })),
        }),
        labelled({ type: 23, custom_id: 'c' }),
      ]),
    )
    assert.deepEqual(
      components.map(({ id }) => id),
      [1, 2, 4, 6, 8],
    )
  })

  it('has 1 to 5 components, a title of 45 and labels of 45', () => {
    modalRefused(modal([]), 'components', 'BAD_LENGTH')
    const six = Array.from({ length: 6 }, () => ({ type: 10, content: 'x' }))
    modalRefused(modal(six), 'components', 'BAD_LENGTH')
    modalRefused(modal([labelled(input)], { title: 'x'.repeat(46) }), 'title', 'MAX_LENGTH')
    modalRefused(
      modal([labelled(input, { label: 'x'.repeat(46) })]),
      'components.0.label',
      'MAX_LENGTH',
    )
    modalRefused(modal([labelled(input)], { custom_id: undefined }), 'custom_id', 'REQUIRED')
  })

  it('holds no buttons, no disabled selects and no lengths the wrong way round', () => {
    const at = 'components.0.component'
    modalRefused(modal([labelled(button('a'))]), at, 'UNION_TYPE_CHOICES')
    modalRefused(modal([labelled(select({ disabled: true }))]), `${at}.disabled`, 'DISABLED')
    const reversed = { ...input, min_length: 5, max_length: 2 }
    modalRefused(modal([labelled(reversed)]), `${at}.max_length`, 'NUMBER_TYPE_MIN')
    modalRefused(
      modal([labelled({ ...input, value: 'x'.repeat(4001) })]),
      `${at}.value`,
      'MAX_LENGTH',
    )
    const upload = { type: 19, custom_id: 'f', max_values: 11 }
    modalRefused(modal([labelled(upload)]), `${at}.max_values`, 'NUMBER_TYPE_MAX')
    const optional = { type: 19, custom_id: 'f', min_values: 0, required: true }
    modalRefused(modal([labelled(optional)]), `${at}.min_values`, 'NUMBER_TYPE_MIN')
  })

  it('still takes a text input in a row, with its own label', () => {
    readModal(modal([row({ ...input, label: 'L' })]))
    modalRefused(modal([row(input)]), 'components.0.components.0.label', 'REQUIRED')
  })
})
