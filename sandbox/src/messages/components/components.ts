/**
 * The components of a message: validated, numbered, and looked up when a member uses one.
 *
 * Messages without the Components V2 flag have up to five action rows; with it they have layout
 * and content components too, forty in all. Source: developers/components/reference.mdx.
 */

import { isJson, lengthOf } from '../../protocol/field-checks.ts'
import type { Checks, Json } from '../../protocol/field-checks.ts'
import {
  checkLink,
  COMPONENT,
  omitUndefined,
  readButton,
  readSelect,
  SELECTS,
} from './component-kinds.ts'
import type { ComponentReader } from './component-kinds.ts'

const MAX_ROWS = 5
const MAX_TOTAL = 40
const MAX_BUTTONS = 5

/** Characters of all text displays of a message together. */
const MAX_TEXT = 4000

const MAX_DESCRIPTION = 1024

const TOP_V2 = [
  COMPONENT.actionRow,
  COMPONENT.section,
  COMPONENT.textDisplay,
  COMPONENT.mediaGallery,
  COMPONENT.file,
  COMPONENT.separator,
  COMPONENT.container,
]

const IN_CONTAINER = TOP_V2.filter((type) => type !== COMPONENT.container)

/** Reads `components` of a message; undefined when they are absent, empty when they are null. */
export function readComponents(
  body: Json,
  checks: Checks,
  v2: boolean,
): readonly Json[] | undefined {
  if (body['components'] === undefined) {
    return undefined
  }
  const items = checks.list(body, 'components', Infinity) ?? []
  if (!v2 && items.length > MAX_ROWS) {
    const sentence = `Must be between 1 and ${MAX_ROWS} in length.`
    checks.fail('components', 'BASE_TYPE_BAD_LENGTH', sentence)
  }
  const allowed = v2 ? TOP_V2 : [COMPONENT.actionRow]
  const read = items.map((item, i) => readOne(checks, item, `components.${i}`, allowed))
  const flattened = read.flatMap(flatten)
  if (v2 && flattened.length > MAX_TOTAL) {
    const sentence = `Cannot have more than ${MAX_TOTAL} total components.`
    checks.fail('components', 'COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED', sentence)
  }
  const text = flattened.reduce((sum, { content }) => {
    return sum + (typeof content === 'string' ? lengthOf(content) : 0)
  }, 0)
  if (text > MAX_TEXT) {
    const sentence = `Total displayable text size of components exceeds maximum size of ${MAX_TEXT}`
    checks.fail('components', 'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED', sentence)
  }
  checkUnique(checks, items, 'components')
  return numbered(read)
}

const READERS: ReadonlyMap<number, ComponentReader> = new Map<number, ComponentReader>([
  [COMPONENT.actionRow, readRow],
  [COMPONENT.button, readButton],
  ...SELECTS.map((type): [number, ComponentReader] => [type, readSelect(false)]),
  [COMPONENT.section, readSection],
  [COMPONENT.textDisplay, readTextDisplay],
  [COMPONENT.thumbnail, readThumbnail],
  [COMPONENT.mediaGallery, readGallery],
  [COMPONENT.file, readFileComponent],
  [COMPONENT.separator, readSeparator],
  [COMPONENT.container, readContainer],
])

function readOne(checks: Checks, payload: Json, at: string, allowed: readonly number[]): Json {
  return readTyped(checks, payload, at, allowed, READERS)
}

/** Reads a component of one of these types. */
export function readTyped(
  checks: Checks,
  payload: Json,
  at: string,
  allowed: readonly number[],
  readers: ReadonlyMap<number, ComponentReader>,
): Json {
  const { type } = payload
  const read = typeof type === 'number' && allowed.includes(type) ? readers.get(type) : undefined
  if (type === undefined || type === null) {
    checks.missing(`${at}.type`)
  } else if (!read) {
    const list = `(${allowed.join(', ')}${allowed.length === 1 ? ',' : ''})`
    const sentence = `Value of field "type" must be one of ${list}.`
    checks.fail(at, 'UNION_TYPE_CHOICES', sentence)
  }
  const id = checks.whole(payload, 'id', `${at}.id`, { min: 0, max: 2 ** 31 - 1 })
  return { type, ...(id ? { id } : {}), ...read?.(checks, payload, at) }
}

function readChildren(
  checks: Checks,
  payload: Json,
  at: string,
  { min, max, allowed }: { min: number; max: number; allowed: readonly number[] },
): readonly Json[] {
  const path = `${at}.components`
  const children = checks.list(payload, 'components', Infinity, path)
  if (children === undefined) {
    checks.missing(path)
  } else if (children.length < min || children.length > max) {
    checks.fail(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
  }
  return (children ?? []).map((child, i) => readOne(checks, child, `${path}.${i}`, allowed))
}

function readRow(checks: Checks, payload: Json, at: string): Json {
  const allowed = [COMPONENT.button, ...SELECTS]
  const limits = { min: 1, max: MAX_BUTTONS, allowed }
  const components = readChildren(checks, payload, at, limits)
  const selects = components.filter(({ type }) => SELECTS.some((select) => select === type))
  if (selects.length > 0 && components.length > 1) {
    const sentence = 'The specified component exceeds the maximum width'
    checks.fail(`${at}.components.1`, 'COMPONENT_LAYOUT_WIDTH_EXCEEDED', sentence)
  }
  return { components }
}

function readSection(checks: Checks, payload: Json, at: string): Json {
  const limits = { min: 1, max: 3, allowed: [COMPONENT.textDisplay] }
  const components = readChildren(checks, payload, at, limits)
  const { accessory } = payload
  if (!isJson(accessory)) {
    checks.missing(`${at}.accessory`)
    return { components }
  }
  const allowed = [COMPONENT.button, COMPONENT.thumbnail]
  return { components, accessory: readOne(checks, accessory, `${at}.accessory`, allowed) }
}

function readContainer(checks: Checks, payload: Json, at: string): Json {
  const limits = { min: 1, max: MAX_TOTAL, allowed: IN_CONTAINER }
  const range = { min: 0, max: 0xff_ff_ff }
  return {
    components: readChildren(checks, payload, at, limits),
    accent_color: checks.whole(payload, 'accent_color', `${at}.accent_color`, range) ?? null,
    spoiler: checks.flag(payload, 'spoiler', `${at}.spoiler`) ?? false,
  }
}

function readTextDisplay(checks: Checks, payload: Json, at: string): Json {
  const limits = { min: 1, max: MAX_TEXT }
  return { content: checks.needText(payload, 'content', limits, `${at}.content`) }
}

/** The media, description and spoiler flag of a thumbnail or gallery item. */
function readMedia(checks: Checks, payload: Json, at: string): Json {
  const limits = { max: MAX_DESCRIPTION }
  return {
    media: readLink(checks, payload, 'media', at, ['http:', 'https:', 'attachment:']),
    description: checks.text(payload, 'description', limits, `${at}.description`) ?? null,
    spoiler: checks.flag(payload, 'spoiler', `${at}.spoiler`) ?? false,
  }
}

function readThumbnail(checks: Checks, payload: Json, at: string): Json {
  return readMedia(checks, payload, at)
}

function readGallery(checks: Checks, payload: Json, at: string): Json {
  const items = checks.list(payload, 'items', Infinity, `${at}.items`)
  if (items === undefined) {
    checks.missing(`${at}.items`)
  } else if (items.length < 1 || items.length > 10) {
    checks.fail(`${at}.items`, 'BASE_TYPE_BAD_LENGTH', 'Must be between 1 and 10 in length.')
  }
  return { items: (items ?? []).map((item, i) => readMedia(checks, item, `${at}.items.${i}`)) }
}

function readFileComponent(checks: Checks, payload: Json, at: string): Json {
  return {
    file: readLink(checks, payload, 'file', at, ['attachment:']),
    spoiler: checks.flag(payload, 'spoiler', `${at}.spoiler`) ?? false,
  }
}

function readLink(
  checks: Checks,
  payload: Json,
  key: string,
  at: string,
  schemes: readonly string[],
): Json {
  const item = payload[key]
  if (!isJson(item)) {
    checks.missing(`${at}.${key}`)
    return { url: '' }
  }
  const path = `${at}.${key}.url`
  const url = checks.needText(item, 'url', { max: 2048 }, path)
  if (url !== '') {
    checkLink(checks, url, path, schemes)
  }
  return { url }
}

function readSeparator(checks: Checks, payload: Json, at: string): Json {
  const spacing = checks.whole(payload, 'spacing', `${at}.spacing`, { min: 1, max: 2 })
  return {
    spacing: spacing ?? 1,
    divider: checks.flag(payload, 'divider', `${at}.divider`) ?? true,
  }
}

/** The component and all components inside it, in display order. */
export function flatten(component: Json): readonly Json[] {
  const { components, accessory, component: labelled } = component
  const inside = [...(Array.isArray(components) ? components : []), accessory, labelled]
  return [component, ...inside.filter(isJson).flatMap(flatten)]
}

/** The component with that custom id, or undefined. */
export function findComponent(components: readonly object[], customId: string): Json | undefined {
  return components
    .filter(isJson)
    .flatMap(flatten)
    .find((component) => component['custom_id'] === customId)
}

/** Adds an error for a custom id or id that two components share. */
export function checkUnique(checks: Checks, components: readonly Json[], at: string): void {
  const customIds = new Set<string>()
  const visit = (component: Json, path: string) => {
    const { custom_id: custom, id, components: inner, accessory, component: labelled } = component
    if (typeof custom === 'string') {
      if (customIds.has(`custom ${custom}`)) {
        const sentence = 'Component custom id cannot be duplicated'
        checks.fail(`${path}.custom_id`, 'COMPONENT_CUSTOM_ID_DUPLICATED', sentence)
      }
      customIds.add(`custom ${custom}`)
    }
    if (typeof id === 'number' && id !== 0) {
      if (customIds.has(`id ${id}`)) {
        const sentence = 'Component id cannot be duplicated'
        checks.fail(`${path}.id`, 'COMPONENT_ID_DUPLICATED', sentence)
      }
      customIds.add(`id ${id}`)
    }
    const children: readonly unknown[] = Array.isArray(inner) ? inner : []
    children.forEach((child, i) => isJson(child) && visit(child, `${path}.components.${i}`))
    if (isJson(accessory)) {
      visit(accessory, `${path}.accessory`)
    }
    if (isJson(labelled)) {
      visit(labelled, `${path}.component`)
    }
  }
  components.forEach((component, i) => visit(component, `${at}.${i}`))
}

/** Gives every component without an id the next free one, in order. */
export function numbered(components: readonly Json[]): readonly Json[] {
  const usedIds = new Set(components.flatMap(flatten).map(({ id }) => id))
  let next = 0
  const visit = (component: Json): Json => {
    let { id } = component
    if (typeof id !== 'number') {
      do {
        next += 1
      } while (usedIds.has(next))
      id = next
    }
    const { components: inner, accessory, component: labelled } = component
    return omitUndefined({
      ...component,
      id,
      components: Array.isArray(inner) ? inner.filter(isJson).map(visit) : undefined,
      accessory: isJson(accessory) ? visit(accessory) : undefined,
      component: isJson(labelled) ? visit(labelled) : undefined,
    })
  }
  return components.map(visit)
}
