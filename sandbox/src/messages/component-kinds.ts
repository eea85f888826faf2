/**
 * The interactive components, checked one by one: buttons, selects, text inputs and the like.
 *
 * Source: developers/components/reference.mdx.
 */

import { isJson } from '../protocol/field-checks.ts'
import type { Checks, Json } from '../protocol/field-checks.ts'

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

/** All kinds of selects. */
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

/** Reads one component; the result has only what Discord keeps, without its id. */
export type Read = (checks: Checks, given: Json, at: string) => Json

/** Leaves out what is undefined. */
export function present(values: Json): Json {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function customId(checks: Checks, given: Json, at: string): string {
  return checks.needText(given, 'custom_id', { min: 1, max: 100 }, `${at}.custom_id`)
}

function emoji(checks: Checks, given: Json, at: string): Json | undefined {
  const value = given['emoji']
  if (!isJson(value)) {
    return undefined
  }
  const id = checks.id(value, 'id', `${at}.emoji.id`)
  const name = checks.text(value, 'name', { max: 32 }, `${at}.emoji.name`)
  if (id === undefined && !/^(?:\p{Emoji}|\p{Emoji_Component}|\p{RI})+$/u.test(name ?? '')) {
    checks.fail(`${at}.emoji.name`, 'BUTTON_COMPONENT_INVALID_EMOJI', 'Invalid emoji')
  }
  return present({ id: id ?? null, name, animated: value['animated'] === true || undefined })
}

export const readButton: Read = (checks, given, at) => {
  const style = checks.choice(given, 'style', BUTTON_STYLES, `${at}.style`)
  const label = checks.text(given, 'label', { max: 80 }, `${at}.label`)
  const shown = present({ label, emoji: emoji(checks, given, at) })
  const disabled = checks.flag(given, 'disabled', `${at}.disabled`)
  const used = (key: string) => given[key] !== undefined && given[key] !== null
  if (style === PREMIUM) {
    const sku = checks.id(given, 'sku_id', `${at}.sku_id`)
    if (sku === undefined) {
      checks.missing(`${at}.sku_id`)
    }
    refuseUnused(checks, given, at, ['custom_id', 'label', 'url', 'emoji'])
    return present({ style, sku_id: sku, disabled })
  }
  if (Object.keys(shown).length === 0) {
    checks.missing(`${at}.label`)
  }
  if (used('url') && used('custom_id')) {
    const sentence = 'A custom id and url cannot both be specified'
    checks.fail(`${at}.custom_id`, 'BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE', sentence)
  }
  if (style === LINK) {
    const url = checks.needText(given, 'url', { max: 512 }, `${at}.url`)
    if (url !== '') {
      checkLink(checks, url, `${at}.url`, ['http:', 'https:', 'discord:'])
    }
    return present({ style, ...shown, url, disabled })
  }
  refuseUnused(checks, given, at, ['url', 'sku_id'])
  return present({ style, ...shown, custom_id: customId(checks, given, at), disabled })
}

function refuseUnused(checks: Checks, given: Json, at: string, keys: readonly string[]): void {
  for (const key of keys) {
    if (given[key] === undefined || given[key] === null) {
      continue
    }
    const sentence = `${key} cannot be used with this style of button`
    checks.fail(`${at}.${key}`, 'BUTTON_COMPONENT_UNEXPECTED_FIELD', sentence)
  }
}

/** Refuses what is no link of one of these schemes. */
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

/** `min_values` and `max_values`; a required field of a modal wants at least one. */
function counts(
  checks: Checks,
  given: Json,
  at: string,
  { most, usual }: { most: number; usual: number },
  required: boolean,
): Counts {
  const limits = { min: required && given['required'] !== undefined ? 1 : 0, max: most }
  const min = checks.whole(given, 'min_values', `${at}.min_values`, limits) ?? 1
  const limitsOfMax = { min: 1, max: most }
  const max = checks.whole(given, 'max_values', `${at}.max_values`, limitsOfMax) ?? usual
  if (min > max) {
    const sentence = `int value should be greater than or equal to ${min}.`
    checks.fail(`${at}.max_values`, 'NUMBER_TYPE_MIN', sentence)
  }
  return { min, max }
}

/** Reads a select of any kind, of a message or of a modal. */
export function readSelect(inModal: boolean): Read {
  return (checks, given, at) => {
    const text = given['type'] === COMPONENT.stringSelect
    const required = checks.flag(given, 'required', `${at}.required`)
    const usual = { most: MAX_CHOICES, usual: 1 }
    const { min, max } = counts(checks, given, at, usual, inModal && (required ?? true))
    const disabled = checks.flag(given, 'disabled', `${at}.disabled`)
    if (inModal && disabled === true) {
      const sentence = 'Modals cannot have disabled components'
      checks.fail(`${at}.disabled`, 'MODAL_COMPONENT_DISABLED', sentence)
    }
    const placeholder = { max: 150 }
    return present({
      custom_id: customId(checks, given, at),
      placeholder: checks.text(given, 'placeholder', placeholder, `${at}.placeholder`),
      min_values: min,
      max_values: max,
      options: text
        ? readOptions(checks, given, at, { min: 1, max: MAX_CHOICES, chosen: max })
        : undefined,
      default_values: text ? undefined : readDefaults(checks, given, at, { min, max }),
      channel_types: given['type'] === COMPONENT.channelSelect ? given['channel_types'] : undefined,
      disabled: inModal ? undefined : disabled,
      required: inModal ? (required ?? true) : undefined,
    })
  }
}

function readOptions(
  checks: Checks,
  given: Json,
  at: string,
  { min, max, chosen }: Counts & { readonly chosen: number },
): readonly Json[] {
  const path = `${at}.options`
  const options = checks.list(given, 'options', max, path)
  if (options === undefined) {
    checks.missing(path)
  } else if (options.length < min) {
    checks.fail(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
  }
  const seen = new Set<string>()
  const read = (options ?? []).map((option, i) => {
    const own = `${path}.${i}`
    const value = checks.needText(option, 'value', { min: 1, max: 100 }, `${own}.value`)
    if (seen.has(value)) {
      const sentence = 'The specified option value is already used'
      // The path as reported: github.com/Would-You-Bot/client, issue 304.
      checks.fail(own, 'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED', sentence)
    }
    seen.add(value)
    return present({
      label: checks.needText(option, 'label', { min: 1, max: 100 }, `${own}.label`),
      value,
      description: checks.text(option, 'description', { max: 100 }, `${own}.description`),
      emoji: emoji(checks, option, own),
      default: checks.flag(option, 'default', `${own}.default`),
    })
  })
  if (read.filter((option) => option['default'] === true).length > chosen) {
    const sentence = `Cannot have more than ${chosen} default values.`
    checks.fail(path, 'SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES', sentence)
  }
  return read
}

function readDefaults(checks: Checks, given: Json, at: string, { min, max }: Counts) {
  const path = `${at}.default_values`
  const values = checks.list(given, 'default_values', MAX_CHOICES, path)
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

export const readTextInput: Read = (checks, given, at) => {
  const limits = { min: 0, max: MAX_INPUT }
  const shortest = checks.whole(given, 'min_length', `${at}.min_length`, limits)
  const longest = checks.whole(given, 'max_length', `${at}.max_length`, { ...limits, min: 1 })
  if (shortest !== undefined && longest !== undefined && shortest > longest) {
    const sentence = `int value should be greater than or equal to ${shortest}.`
    checks.fail(`${at}.max_length`, 'NUMBER_TYPE_MIN', sentence)
  }
  const most = { max: longest ?? MAX_INPUT }
  return present({
    custom_id: customId(checks, given, at),
    style: checks.choice(given, 'style', TEXT_STYLES, `${at}.style`),
    label: checks.text(given, 'label', { min: 1, max: 45 }, `${at}.label`),
    min_length: shortest,
    max_length: longest,
    required: checks.flag(given, 'required', `${at}.required`) ?? true,
    value: checks.text(given, 'value', most, `${at}.value`),
    placeholder: checks.text(given, 'placeholder', { max: 100 }, `${at}.placeholder`),
  })
}

export const readFileUpload: Read = (checks, given, at) => {
  const required = checks.flag(given, 'required', `${at}.required`) ?? true
  const { min, max } = counts(checks, given, at, { most: MAX_UPLOADS, usual: 1 }, required)
  return present({
    custom_id: customId(checks, given, at),
    min_values: min,
    max_values: max,
    required,
    file_types: readFileTypes(checks, given, at),
  })
}

/** Reads `file_types`: `image`, `video`, `audio`, or extensions such as `.pdf`. */
export function readFileTypes(checks: Checks, given: Json, at: string) {
  const value = given['file_types']
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
export function readGroup(several: boolean): Read {
  return (checks, given, at) => {
    const required = checks.flag(given, 'required', `${at}.required`) ?? true
    const fewest = several ? 1 : 2
    const chosen = several ? MAX_LISTED : 1
    const options = readOptions(checks, given, at, { min: fewest, max: MAX_LISTED, chosen })
    const usual = { most: MAX_LISTED, usual: Math.max(options.length, 1) }
    const { min, max } = several ? counts(checks, given, at, usual, required) : { min: 1, max: 1 }
    return present({
      custom_id: customId(checks, given, at),
      options,
      required,
      ...(several ? { min_values: min, max_values: max } : {}),
    })
  }
}

export const readCheckbox: Read = (checks, given, at) =>
  present({
    custom_id: customId(checks, given, at),
    default: checks.flag(given, 'default', `${at}.default`) ?? false,
  })
