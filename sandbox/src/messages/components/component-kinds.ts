/**
 * Reads the interactive components: buttons, selects, text inputs and others.
 *
 * Source: developers/components/reference.mdx.
 */

import { isJson } from '../../protocol/field-checks.ts'
import type { Checks, Json } from '../../protocol/field-checks.ts'

/** Component types. */
export const COMPONENT = {
  actionRow: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  userSelect: 5,
  roleSelect: 6,
  mentionableSelect: 7,
  channelSelect: 8,
  section: 9,
  textDisplay: 10,
  thumbnail: 11,
  mediaGallery: 12,
  file: 13,
  separator: 14,
  container: 17,
  label: 18,
  fileUpload: 19,
  radioGroup: 21,
  checkboxGroup: 22,
  checkbox: 23,
} as const

/** All select types. */
export const SELECTS: readonly number[] = [
  COMPONENT.stringSelect,
  COMPONENT.userSelect,
  COMPONENT.roleSelect,
  COMPONENT.mentionableSelect,
  COMPONENT.channelSelect,
]

const BUTTON_STYLES = [1, 2, 3, 4, 5, 6]
const LINK = 5
const PREMIUM = 6
const TEXT_STYLES = [1, 2]
const MAX_CHOICES = 25
const MAX_UPLOADS = 10
const MAX_LISTED = 10
const MAX_INPUT = 4000

/** Reads one component; the result has only the fields that Discord keeps, without the id. */
export type ComponentReader = (checks: Checks, payload: Json, at: string) => Json

/** Removes undefined fields. */
export function omitUndefined(values: Json): Json {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function customId(checks: Checks, payload: Json, at: string): string {
  return checks.needText(payload, 'custom_id', { min: 1, max: 100 }, `${at}.custom_id`)
}

function emoji(checks: Checks, payload: Json, at: string): Json | undefined {
  const value = payload['emoji']
  if (!isJson(value)) {
    return undefined
  }
  const id = checks.id(value, 'id', `${at}.emoji.id`)
  const name = checks.text(value, 'name', { max: 32 }, `${at}.emoji.name`)
  if (id === undefined && !/^(?:\p{Emoji}|\p{Emoji_Component}|\p{RI})+$/u.test(name ?? '')) {
    checks.fail(`${at}.emoji.name`, 'BUTTON_COMPONENT_INVALID_EMOJI', 'Invalid emoji')
  }
  return omitUndefined({ id, name, animated: value['animated'] === true || undefined })
}

export const readButton: ComponentReader = (checks, payload, at) => {
  const style = checks.choice(payload, 'style', BUTTON_STYLES, `${at}.style`)
  const label = checks.text(payload, 'label', { max: 80 }, `${at}.label`)
  const labelAndEmoji = omitUndefined({ label, emoji: emoji(checks, payload, at) })
  const disabled = checks.flag(payload, 'disabled', `${at}.disabled`)
  const isSet = (key: string) => payload[key] !== undefined && payload[key] !== null
  if (style === PREMIUM) {
    const sku = checks.id(payload, 'sku_id', `${at}.sku_id`)
    if (sku === undefined) {
      checks.missing(`${at}.sku_id`)
    }
    refuseUnused(checks, payload, at, ['custom_id', 'label', 'url', 'emoji'])
    return omitUndefined({ style, sku_id: sku, disabled })
  }
  if (Object.keys(labelAndEmoji).length === 0) {
    checks.missing(`${at}.label`)
  }
  if (isSet('url') && isSet('custom_id')) {
    const sentence = 'A custom id and url cannot both be specified'
    checks.fail(`${at}.custom_id`, 'BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE', sentence)
  }
  if (style === LINK) {
    const url = checks.needText(payload, 'url', { max: 512 }, `${at}.url`)
    if (url !== '') {
      checkLink(checks, url, `${at}.url`, ['http:', 'https:', 'discord:'])
    }
    return omitUndefined({ style, ...labelAndEmoji, url, disabled })
  }
  refuseUnused(checks, payload, at, ['url', 'sku_id'])
  return omitUndefined({
    style,
    ...labelAndEmoji,
    custom_id: customId(checks, payload, at),
    disabled,
  })
}

function refuseUnused(checks: Checks, payload: Json, at: string, keys: readonly string[]): void {
  for (const key of keys) {
    if (payload[key] === undefined || payload[key] === null) {
      continue
    }
    const sentence = `${key} cannot be used with this style of button`
    checks.fail(`${at}.${key}`, 'BUTTON_COMPONENT_UNEXPECTED_FIELD', sentence)
  }
}

/** Adds an error for anything but a link with one of these schemes. */
export function checkLink(
  checks: Checks,
  url: string,
  path: string,
  schemes: readonly string[],
): void {
  if (!URL.canParse(url)) {
    checks.fail(path, 'URL_TYPE_INVALID_URL', 'Not a well formed URL.')
  } else if (!schemes.includes(new URL(url).protocol)) {
    const names = schemes.map((scheme) => `'${scheme.slice(0, -1)}'`).join(', ')
    const sentence = `Scheme "${new URL(url).protocol.slice(0, -1)}" is not supported. Scheme must be one of (${names}).`
    checks.fail(path, 'URL_TYPE_INVALID_SCHEME', sentence)
  }
}

type Counts = { readonly min: number; readonly max: number }

/** `min_values` and `max_values`; a required field of a modal needs at least one. */
function counts(
  checks: Checks,
  payload: Json,
  at: string,
  { most, usual }: { most: number; usual: number },
  required: boolean,
): Counts {
  const limits = { min: required && payload['required'] !== undefined ? 1 : 0, max: most }
  const min = checks.whole(payload, 'min_values', `${at}.min_values`, limits) ?? 1
  const limitsOfMax = { min: 1, max: most }
  const max = checks.whole(payload, 'max_values', `${at}.max_values`, limitsOfMax) ?? usual
  if (min > max) {
    const sentence = `int value should be greater than or equal to ${min}.`
    checks.fail(`${at}.max_values`, 'NUMBER_TYPE_MIN', sentence)
  }
  return { min, max }
}

/** Reads a select of any kind, of a message or of a modal. */
export function readSelect(inModal: boolean): ComponentReader {
  return (checks, payload, at) => {
    const text = payload['type'] === COMPONENT.stringSelect
    const required = checks.flag(payload, 'required', `${at}.required`)
    const usual = { most: MAX_CHOICES, usual: 1 }
    const { min, max } = counts(checks, payload, at, usual, inModal && (required ?? true))
    const disabled = checks.flag(payload, 'disabled', `${at}.disabled`)
    if (inModal && disabled === true) {
      const sentence = 'Modals cannot have disabled components'
      checks.fail(`${at}.disabled`, 'MODAL_COMPONENT_DISABLED', sentence)
    }
    const placeholder = { max: 150 }
    return omitUndefined({
      custom_id: customId(checks, payload, at),
      placeholder: checks.text(payload, 'placeholder', placeholder, `${at}.placeholder`),
      min_values: min,
      max_values: max,
      options: text
        ? readOptions(checks, payload, at, { min: 1, max: MAX_CHOICES, chosen: max })
        : undefined,
      default_values: text ? undefined : readDefaults(checks, payload, at, { min, max }),
      channel_types:
        payload['type'] === COMPONENT.channelSelect ? payload['channel_types'] : undefined,
      disabled: inModal ? undefined : disabled,
      required: inModal ? (required ?? true) : undefined,
    })
  }
}

function readOptions(
  checks: Checks,
  payload: Json,
  at: string,
  { min, max, chosen }: Counts & { readonly chosen: number },
): readonly Json[] {
  const path = `${at}.options`
  const options = checks.list(payload, 'options', max, path)
  if (options === undefined) {
    checks.missing(path)
  } else if (options.length < min) {
    checks.fail(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
  }
  const values = new Set<string>()
  const read = (options ?? []).map((option, i) => {
    const valuePath = `${path}.${i}`
    const value = checks.needText(option, 'value', { min: 1, max: 100 }, `${valuePath}.value`)
    if (values.has(value)) {
      const sentence = 'The specified option value is already used'
      // The path as reported: github.com/Would-You-Bot/client, issue 304.
      checks.fail(valuePath, 'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED', sentence)
    }
    values.add(value)
    return omitUndefined({
      label: checks.needText(option, 'label', { min: 1, max: 100 }, `${valuePath}.label`),
      value,
      description: checks.text(option, 'description', { max: 100 }, `${valuePath}.description`),
      emoji: emoji(checks, option, valuePath),
      default: checks.flag(option, 'default', `${valuePath}.default`),
    })
  })
  if (read.filter((option) => option['default'] === true).length > chosen) {
    const sentence = `Cannot have more than ${chosen} default values.`
    checks.fail(path, 'SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES', sentence)
  }
  return read
}

function readDefaults(checks: Checks, payload: Json, at: string, { min, max }: Counts) {
  const path = `${at}.default_values`
  const values = checks.list(payload, 'default_values', MAX_CHOICES, path)
  if (values === undefined || values.length === 0) {
    return undefined
  }
  if (values.length < min || values.length > max) {
    checks.fail(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
  }
  return values.map((value, i) => ({
    id: checks.id(value, 'id', `${path}.${i}.id`) ?? checks.missing(`${path}.${i}.id`),
    type: checks.needText(value, 'type', { max: 10 }, `${path}.${i}.type`),
  }))
}

export const readTextInput: ComponentReader = (checks, payload, at) => {
  const limits = { min: 0, max: MAX_INPUT }
  const shortest = checks.whole(payload, 'min_length', `${at}.min_length`, limits)
  const longest = checks.whole(payload, 'max_length', `${at}.max_length`, { ...limits, min: 1 })
  if (shortest !== undefined && longest !== undefined && shortest > longest) {
    const sentence = `int value should be greater than or equal to ${shortest}.`
    checks.fail(`${at}.max_length`, 'NUMBER_TYPE_MIN', sentence)
  }
  const most = { max: longest ?? MAX_INPUT }
  return omitUndefined({
    custom_id: customId(checks, payload, at),
    style: checks.choice(payload, 'style', TEXT_STYLES, `${at}.style`),
    label: checks.text(payload, 'label', { min: 1, max: 45 }, `${at}.label`),
    min_length: shortest,
    max_length: longest,
    required: checks.flag(payload, 'required', `${at}.required`) ?? true,
    value: checks.text(payload, 'value', most, `${at}.value`),
    placeholder: checks.text(payload, 'placeholder', { max: 100 }, `${at}.placeholder`),
  })
}

export const readFileUpload: ComponentReader = (checks, payload, at) => {
  const required = checks.flag(payload, 'required', `${at}.required`) ?? true
  const { min, max } = counts(checks, payload, at, { most: MAX_UPLOADS, usual: 1 }, required)
  return omitUndefined({
    custom_id: customId(checks, payload, at),
    min_values: min,
    max_values: max,
    required,
    file_types: readFileTypes(checks, payload, at),
  })
}

/** Reads `file_types`: `image`, `video`, `audio`, or extensions such as `.pdf`. */
export function readFileTypes(checks: Checks, payload: Json, at: string) {
  const value = payload['file_types']
  if (value === undefined || value === null) {
    return undefined
  }
  const path = `${at}.file_types`
  const types: readonly unknown[] = Array.isArray(value) ? value : []
  if (!Array.isArray(value) || types.length > 10) {
    checks.fail(path, 'BASE_TYPE_MAX_LENGTH', 'Must be 10 or fewer in length.')
  }
  types.forEach((type, i) => {
    if (typeof type === 'string' && /^(image|video|audio|\.[\w.+-]+)$/.test(type)) {
      return
    }
    const sentence = 'Must be image, video, audio or a dot-prefixed extension.'
    checks.fail(`${path}.${i}`, 'BASE_TYPE_CHOICES', sentence)
  })
  return types
}

/** Reads a group of radio buttons or checkboxes. */
export function readGroup(several: boolean): ComponentReader {
  return (checks, payload, at) => {
    const required = checks.flag(payload, 'required', `${at}.required`) ?? true
    const fewest = several ? 1 : 2
    const chosen = several ? MAX_LISTED : 1
    const options = readOptions(checks, payload, at, { min: fewest, max: MAX_LISTED, chosen })
    const usual = { most: MAX_LISTED, usual: Math.max(options.length, 1) }
    const { min, max } = several ? counts(checks, payload, at, usual, required) : { min: 1, max: 1 }
    return omitUndefined({
      custom_id: customId(checks, payload, at),
      options,
      required,
      ...(several ? { min_values: min, max_values: max } : {}),
    })
  }
}

export const readCheckbox: ComponentReader = (checks, payload, at) =>
  omitUndefined({
    custom_id: customId(checks, payload, at),
    default: checks.flag(payload, 'default', `${at}.default`) ?? false,
  })
