/**
 * Reads the options of a slash command from a member, with the checks of Discord's client.
 *
 * Source: developers/interactions/application-commands.mdx, "Application Command Option Structure".
 */

import type { Upload } from '../protocol/body.ts'
import { Checks, isJson, lengthOf } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { OPTION_TYPE } from '../protocol/constants.ts'
import type { StoredFile } from '../cdn/files.ts'
import { hasFileType } from './file-types.ts'
import type { Resolved } from './resolved.ts'

/** An option's value: a plain value, or a file for an attachment option. */
export type OptionValue = string | number | boolean | Upload

/** Context for reading options. */
export type OptionContext = {
  readonly userId: string
  readonly resolved: Resolved
  /** Stores a file for the interaction. */
  readonly store: (upload: Upload) => Promise<StoredFile>
  /** For an autocomplete, the option being typed; the other options may be incomplete. */
  readonly focused?: string | undefined
}

/**
 * The options in the interaction's format, in the command's order.
 *
 * @throws {ApiError} 50035 with `options.NAME` for each option that cannot be sent.
 */
export async function readOptions(
  specs: readonly Json[],
  given: Readonly<Record<string, OptionValue>>,
  context: OptionContext,
): Promise<readonly Json[]> {
  const checks = new Checks('options')
  const read: Json[] = []
  for (const name of Object.keys(given)) {
    if (!specs.some((spec) => spec['name'] === name)) {
      checks.fail(name, 'SANDBOX_UNKNOWN_OPTION', `There is no option "${name}".`)
    }
  }
  for (const spec of specs) {
    const name = String(spec['name'])
    const value = given[name]
    const partial = context.focused !== undefined
    if (value === undefined) {
      if (spec['required'] === true && !partial) {
        checks.missing(name)
      }
      continue
    }
    const type = Number(spec['type'])
    if (name === context.focused) {
      read.push({ name, type, value: typeof value === 'object' ? '' : value, focused: true })
      continue
    }
    const sent = await readValue(checks, spec, value, context)
    if (sent !== undefined) {
      read.push({ name, type, value: sent })
    }
  }
  checks.done()
  return read
}

async function readValue(
  checks: Checks,
  spec: Json,
  value: OptionValue,
  context: OptionContext,
): Promise<string | number | boolean | undefined> {
  const name = String(spec['name'])
  switch (spec['type']) {
    case OPTION_TYPE.string:
      return checkText(checks, spec, value)
    case OPTION_TYPE.integer:
    case OPTION_TYPE.number:
      return checkNumber(checks, spec, value)
    case OPTION_TYPE.boolean:
      return checks.flag({ value }, 'value', name)
    case OPTION_TYPE.attachment:
      return checkFile(checks, spec, value, context)
    default:
      return checkNamed(checks, spec, value, context)
  }
}

function checkText(checks: Checks, spec: Json, value: OptionValue): string | undefined {
  const name = String(spec['name'])
  if (typeof value !== 'string') {
    checks.fail(name, 'STRING_TYPE_CONVERT', `Could not interpret "${typeof value}" as string.`)
    return undefined
  }
  const { min_length: min = 0, max_length: max = 6000 } = spec
  const length = lengthOf(value)
  if (length < Number(min) || length > Number(max)) {
    const sentence = `Must be between ${Number(min)} and ${Number(max)} in length.`
    checks.fail(name, 'BASE_TYPE_BAD_LENGTH', sentence)
  }
  checkChoice(checks, spec, value)
  return value
}

function checkNumber(checks: Checks, spec: Json, value: OptionValue): number | undefined {
  const name = String(spec['name'])
  const whole = spec['type'] === OPTION_TYPE.integer
  if (typeof value !== 'number' || (whole && !Number.isInteger(value))) {
    const kind = whole ? 'int' : 'float'
    checks.fail(name, 'NUMBER_TYPE_COERCE', `Value is not ${kind}.`)
    return undefined
  }
  const { min_value: min, max_value: max } = spec
  checks.range(value, name, {
    ...(typeof min === 'number' ? { min } : {}),
    ...(typeof max === 'number' ? { max } : {}),
  })
  checkChoice(checks, spec, value)
  return value
}

function checkChoice(checks: Checks, spec: Json, value: string | number): void {
  const choices: readonly unknown[] = Array.isArray(spec['choices']) ? spec['choices'] : []
  const isChoice = choices.some((choice) => isJson(choice) && choice['value'] === value)
  if (choices.length === 0 || isChoice) {
    return
  }
  checks.fail(String(spec['name']), 'BASE_TYPE_CHOICES', 'Value is not one of the choices.')
}

async function checkFile(
  checks: Checks,
  spec: Json,
  value: OptionValue,
  { store, resolved }: OptionContext,
): Promise<string | undefined> {
  const name = String(spec['name'])
  if (typeof value !== 'object') {
    checks.fail(name, 'SANDBOX_FILE_REQUIRED', 'This option takes a file.')
    return undefined
  }
  if (!hasFileType(value.name, spec['file_types'])) {
    checks.fail(name, 'SANDBOX_FILE_TYPE', 'This option does not take files of that type.')
    return undefined
  }
  const file = await store(value)
  resolved.file(file)
  return file.id
}

function checkNamed(
  checks: Checks,
  spec: Json,
  value: OptionValue,
  { resolved, userId }: OptionContext,
): string | undefined {
  const name = String(spec['name'])
  const id = typeof value === 'string' ? value : ''
  const type = spec['type']
  const user = type === OPTION_TYPE.user || type === OPTION_TYPE.mentionable
  const role = type === OPTION_TYPE.role || type === OPTION_TYPE.mentionable
  if (user && resolved.user(id)) {
    return id
  }
  if (role && resolved.role(id)) {
    return id
  }
  if (type === OPTION_TYPE.channel) {
    const channel = resolved.channel(id, userId)
    const types: readonly unknown[] = Array.isArray(spec['channel_types'])
      ? spec['channel_types']
      : []
    if (channel && (types.length === 0 || types.includes(channel.type))) {
      return id
    }
  }
  checks.fail(name, 'SANDBOX_UNKNOWN_ID', `"${id}" cannot be chosen here.`)
  return undefined
}
