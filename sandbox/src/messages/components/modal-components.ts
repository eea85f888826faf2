/** Reads the modals of an application. Source: developers/components/reference.mdx. */

import { Checks, isJson } from '../../protocol/field-checks.ts'
import type { Json } from '../../protocol/field-checks.ts'
import { checkUnique, numbered, readTyped } from './components.ts'
import {
  COMPONENT,
  omitUndefined,
  readCheckbox,
  readFileUpload,
  readGroup,
  readSelect,
  readTextInput,
  SELECTS,
} from './component-kinds.ts'
import type { ComponentReader } from './component-kinds.ts'

const MAX_COMPONENTS = 5
const TOP = [COMPONENT.actionRow, COMPONENT.textDisplay, COMPONENT.label]

/** A modal. */
export type Modal = {
  readonly customId: string
  readonly title: string
  readonly components: readonly Json[]
}

const INPUTS: ReadonlyMap<number, ComponentReader> = new Map<number, ComponentReader>([
  [COMPONENT.textInput, readTextInput],
  ...SELECTS.map((type): [number, ComponentReader] => [type, readSelect(true)]),
  [COMPONENT.fileUpload, readFileUpload],
  [COMPONENT.radioGroup, readGroup(false)],
  [COMPONENT.checkboxGroup, readGroup(true)],
  [COMPONENT.checkbox, readCheckbox],
])

const LAYOUT: ReadonlyMap<number, ComponentReader> = new Map<number, ComponentReader>([
  [COMPONENT.actionRow, readRow],
  [COMPONENT.textDisplay, readText],
  [COMPONENT.label, readLabel],
])

/**
 * Reads the data of a callback that opens a modal.
 *
 * @throws {ApiError} 50035 with the fields' paths.
 */
export function readModal(data: Json): Modal {
  const checks = new Checks('data')
  const customId = checks.needText(data, 'custom_id', { min: 1, max: 100 })
  const title = checks.needText(data, 'title', { min: 1, max: 45 })
  const rows = checks.list(data, 'components', Infinity)
  if (rows === undefined) {
    checks.missing('components')
  } else if (rows.length < 1 || rows.length > MAX_COMPONENTS) {
    const sentence = `Must be between 1 and ${MAX_COMPONENTS} in length.`
    checks.fail('components', 'BASE_TYPE_BAD_LENGTH', sentence)
  }
  const read = (rows ?? []).map((item, i) =>
    readTyped(checks, item, `components.${i}`, TOP, LAYOUT),
  )
  checkUnique(checks, rows ?? [], 'components')
  checks.done()
  return { customId, title, components: numbered(read) }
}

/** Deprecated but still supported: an action row with one text input that has its own label. */
function readRow(checks: Checks, payload: Json, at: string): Json {
  const path = `${at}.components`
  const children = checks.list(payload, 'components', Infinity, path) ?? []
  if (children.length !== 1) {
    checks.fail(path, 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 1 in length.')
  }
  const components = children.map((child, i) => {
    if (child['label'] === undefined) {
      checks.missing(`${path}.${i}.label`)
    }
    return readTyped(checks, child, `${path}.${i}`, [COMPONENT.textInput], INPUTS)
  })
  return { components }
}

function readText(checks: Checks, payload: Json, at: string): Json {
  return { content: checks.needText(payload, 'content', { min: 1, max: 4000 }, `${at}.content`) }
}

function readLabel(checks: Checks, payload: Json, at: string): Json {
  const { component } = payload
  if (!isJson(component)) {
    checks.missing(`${at}.component`)
  }
  const path = `${at}.component`
  return omitUndefined({
    label: checks.needText(payload, 'label', { min: 1, max: 45 }, `${at}.label`),
    description: checks.text(payload, 'description', { max: 100 }, `${at}.description`),
    component: isJson(component)
      ? readTyped(checks, component, path, [...INPUTS.keys()], INPUTS)
      : undefined,
  })
}
