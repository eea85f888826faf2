/**
 * Reads and validates the options of a command.
 *
 * Source: developers/interactions/application-commands.mdx, "Application Command Option Structure".
 */

import { isJson, lengthOf } from '../protocol/field-checks.ts'
import type { Checks, Json } from '../protocol/field-checks.ts'
import { readDescription, readName } from './texts.ts'
import { omitUndefined, readFileTypes } from '../messages/components/component-kinds.ts'
import { OPTION_TYPE } from '../protocol/constants.ts'

const MAX_OPTIONS = 25
const MAX_CHOICES = 25
const MAX_LENGTH = 6000

/** Maximum absolute value of a number option. */
const MAX_NUMBER = 2 ** 53

const LEAVES = Object.values(OPTION_TYPE).filter((type) => type > OPTION_TYPE.subcommandGroup)
const WITH_CHOICES: readonly unknown[] = [
  OPTION_TYPE.string,
  OPTION_TYPE.integer,
  OPTION_TYPE.number,
]

/** Reads `options` at a path; at the top `depth` is 0, in a group 1, in a subcommand 2. */
export function readOptionList(
  checks: Checks,
  payload: Json,
  at: string,
  depth: 0 | 1 | 2 = 0,
): readonly Json[] {
  const path = at === '' ? 'options' : `${at}.options`
  const options = checks.list(payload, 'options', MAX_OPTIONS, path) ?? []
  checkNames(checks, options, path)
  if (depth === 0) {
    checkMix(checks, options, path)
  }
  return options.map((option, i) => readOption(checks, option, `${path}.${i}`, depth))
}

function checkNames(checks: Checks, options: readonly Json[], path: string): void {
  const names = options.map(({ name }) => name)
  let optionalSeen = false
  options.forEach((option, i) => {
    if (names.indexOf(option['name']) < i) {
      const sentence = 'Option name is already used'
      checks.fail(`${path}.${i}.name`, 'APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED', sentence)
    }
    if (isBranch(option)) {
      return
    }
    if (option['required'] === true && optionalSeen) {
      const sentence = 'Required options must be placed before non-required options'
      checks.fail(`${path}.${i}`, 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID', sentence)
    }
    optionalSeen ||= option['required'] !== true
  })
}

function isBranch({ type }: Json): boolean {
  return type === OPTION_TYPE.subcommand || type === OPTION_TYPE.subcommandGroup
}

function checkMix(checks: Checks, options: readonly Json[], path: string): void {
  const branches = options.filter(isBranch)
  if (branches.length === 0 || branches.length === options.length) {
    return
  }
  checks.fail(
    path,
    'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
    'Sub-command and sub-command group option types are mutually exclusive to all other types',
  )
}

/** Groups hold subcommands, and subcommands hold options that hold a value. */
const ALLOWED = [
  [OPTION_TYPE.subcommand, OPTION_TYPE.subcommandGroup, ...LEAVES],
  [OPTION_TYPE.subcommand],
  LEAVES,
] as const

function readOption(checks: Checks, payload: Json, at: string, depth: 0 | 1 | 2): Json {
  const type = checks.choice(payload, 'type', ALLOWED[depth], `${at}.type`)
  const texts = {
    ...readName(checks, payload, at, true),
    ...readDescription(checks, payload, at),
  }
  if (type === OPTION_TYPE.subcommandGroup) {
    return { type, ...texts, options: readOptionList(checks, payload, at, 1) }
  }
  if (type === OPTION_TYPE.subcommand) {
    return { type, ...texts, options: readOptionList(checks, payload, at, 2) }
  }
  refuseUnfit(checks, payload, at, type)
  return omitUndefined({
    type,
    ...texts,
    required: checks.flag(payload, 'required', `${at}.required`) || undefined,
    ...readChoices(checks, payload, at, type),
    ...readLimits(checks, payload, at, type),
    channel_types: type === OPTION_TYPE.channel ? readTypes(checks, payload, at) : undefined,
    file_types: type === OPTION_TYPE.attachment ? readFileTypes(checks, payload, at) : undefined,
  })
}

/** Adds errors for fields that belong to another type of option. */
function refuseUnfit(checks: Checks, payload: Json, at: string, type: number | undefined): void {
  const isSet = (key: string) => payload[key] !== undefined && payload[key] !== null
  const withChoices = WITH_CHOICES.includes(type)
  if (!withChoices && isSet('choices')) {
    const sentence = 'Choices are not allowed for this option type'
    checks.fail(`${at}.choices`, 'APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID', sentence)
  }
  if (!withChoices && payload['autocomplete'] === true) {
    const sentence = 'Autocomplete is not allowed for this option type'
    checks.fail(`${at}.autocomplete`, 'APPLICATION_COMMAND_AUTOCOMPLETE_INVALID', sentence)
  }
}

function readChoices(checks: Checks, payload: Json, at: string, type: number | undefined): Json {
  const path = `${at}.choices`
  const autocomplete = checks.flag(payload, 'autocomplete', `${at}.autocomplete`)
  const choices = checks.list(payload, 'choices', MAX_CHOICES, path)
  if (autocomplete === true && choices && choices.length > 0) {
    const sentence = 'Autocomplete and choices cannot both be used'
    checks.fail(`${at}.autocomplete`, 'APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES', sentence)
  }
  const names = choices?.map(({ name }) => name) ?? []
  const read = choices?.map((choice, i) => {
    const choicePath = `${path}.${i}`
    if (names.indexOf(choice['name']) < i) {
      const sentence = 'Choice name is already used'
      checks.fail(choicePath, 'APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_DUPLICATED', sentence)
    }
    const value = readValue(checks, choice, `${choicePath}.value`, type)
    return { ...readName(checks, choice, choicePath, false), value }
  })
  return { autocomplete: autocomplete || undefined, choices: read }
}

function readValue(checks: Checks, choice: Json, path: string, type: number | undefined) {
  if (type === OPTION_TYPE.string) {
    return checks.needText(choice, 'value', { max: 100 }, path)
  }
  const value = choice['value']
  const whole = type === OPTION_TYPE.integer
  if (typeof value !== 'number' || (whole && !Number.isInteger(value))) {
    checks.fail(path, 'NUMBER_TYPE_COERCE', `Value is not ${whole ? 'int' : 'float'}.`)
  } else {
    checks.range(value, path, { min: -MAX_NUMBER, max: MAX_NUMBER })
  }
  return value
}

function readLimits(checks: Checks, payload: Json, at: string, type: number | undefined): Json {
  if (type === OPTION_TYPE.string) {
    const limits = { min: 0, max: MAX_LENGTH }
    const min = checks.whole(payload, 'min_length', `${at}.min_length`, limits)
    const max = checks.whole(payload, 'max_length', `${at}.max_length`, { ...limits, min: 1 })
    refuseReversed(checks, min, max, `${at}.max_length`)
    return { min_length: min, max_length: max }
  }
  if (type !== OPTION_TYPE.integer && type !== OPTION_TYPE.number) {
    return {}
  }
  const limit = (key: string) => {
    const value = payload[key]
    if (value === undefined || value === null) {
      return undefined
    }
    return readValue(checks, { value }, `${at}.${key}`, type)
  }
  const [min, max] = [limit('min_value'), limit('max_value')]
  if (typeof min === 'number' && typeof max === 'number') {
    refuseReversed(checks, min, max, `${at}.max_value`)
  }
  return { min_value: min, max_value: max }
}

function refuseReversed(
  checks: Checks,
  min: number | undefined,
  max: number | undefined,
  path: string,
): void {
  if (min !== undefined && max !== undefined && min > max) {
    checks.range(max, path, { min })
  }
}

function readTypes(checks: Checks, payload: Json, at: string): readonly unknown[] | undefined {
  const value = payload['channel_types']
  if (value === undefined || value === null) {
    return undefined
  }
  if (Array.isArray(value) && value.every(Number.isInteger)) {
    return value
  }
  checks.fail(`${at}.channel_types`, 'LIST_TYPE_CONVERT', 'Must be a list of channel types.')
  return undefined
}

/** The size of an option with its suboptions, in characters of the command's 8000. */
export function sizeOf(item: Json): number {
  const longest = (key: string) => {
    const texts = item[`${key}_localizations`]
    const all = [item[key], ...(isJson(texts) ? Object.values(texts) : [])]
    return Math.max(...all.map((text) => (typeof text === 'string' ? lengthOf(text) : 0)))
  }
  const inner = ['options', 'choices'].flatMap((key) => {
    const list: unknown = item[key]
    return Array.isArray(list) ? list.filter(isJson) : []
  })
  const { value } = item
  const valued = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  const ownSize = longest('name') + longest('description') + lengthOf(valued)
  return inner.reduce((sum, part) => sum + sizeOf(part), ownSize)
}
