/**
 * Names and descriptions of commands, options and choices, in every language.
 *
 * Source: developers/interactions/application-commands.mdx, "Application Command Naming" and
 * "Localization".
 */

import { isJson } from '../protocol/field-checks.ts'
import type { Checks, Json } from '../protocol/field-checks.ts'

/** Letters and digits of any script, `-`, `_` and `'`; those of slash commands in lower case. */
const NAME_PATTERN = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u

/** The languages of Discord's client. Source: developers/reference.mdx, "Locales". */
export const LOCALES: ReadonlySet<string> = new Set(
  (
    'id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ' +
    'ru uk hi th zh-CN ja zh-TW ko'
  ).split(' '),
)

type Limits = { readonly min: number; readonly max: number }

/** Reads a name and its translations; `strict` ones follow the pattern of slash commands. */
export function readName(checks: Checks, payload: Json, at: string, strict: boolean): Json {
  const limits = { min: 1, max: strict ? 32 : 100 }
  const check = (name: string, path: string) => {
    if (!strict || (NAME_PATTERN.test(name) && name === name.toLowerCase())) {
      return
    }
    checks.fail(path, 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid')
  }
  return readText(checks, payload, { key: 'name', at, limits, check })
}

/** Reads the name of a context menu and its translations: up to 32 characters of any kind. */
export function readMenuName(checks: Checks, payload: Json, at: string): Json {
  return readText(checks, payload, { key: 'name', at, limits: { min: 1, max: 32 } })
}

/** Reads a description of 1 to 100 characters and its translations. */
export function readDescription(checks: Checks, payload: Json, at: string): Json {
  return readText(checks, payload, { key: 'description', at, limits: { min: 1, max: 100 } })
}

type Text = {
  readonly key: string
  readonly at: string
  readonly limits: Limits
  readonly check?: (text: string, path: string) => void
}

function readText(checks: Checks, payload: Json, { key, at, limits, check }: Text): Json {
  const path = at === '' ? key : `${at}.${key}`
  const text = checks.needText(payload, key, limits, path)
  if (text !== '') {
    check?.(text, path)
  }
  const translated = payload[`${key}_localizations`]
  if (translated === undefined || translated === null) {
    return { [key]: text }
  }
  const localizationsPath = `${path}_localizations`
  if (!isJson(translated)) {
    checks.fail(
      localizationsPath,
      'DICT_TYPE_CONVERT',
      'Only dictionaries may be used in a DictType',
    )
    return { [key]: text }
  }
  for (const locale of Object.keys(translated)) {
    const ownPath = `${localizationsPath}.${locale}`
    if (!LOCALES.has(locale)) {
      checks.fail(ownPath, 'ENUM_TYPE_COERCE', `Value "${locale}" is not a valid locale.`)
    }
    const translation = checks.needText(translated, locale, limits, ownPath)
    if (translation !== '') {
      check?.(translation, ownPath)
    }
  }
  return { [key]: text, [`${key}_localizations`]: translated }
}
