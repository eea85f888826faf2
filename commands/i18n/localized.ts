/**
 * Names and descriptions of commands in every language, by the key of the text in the catalog.
 *
 *     { type: ApplicationCommandOptionType.Boolean, name: 'private', ...described('commands.ask.private') }
 */

import type { LocalizationMap } from 'discord.js'
import { EN } from './en.ts'
import type { Catalog } from './words.ts'
import { ZH } from './zh.ts'

/** The paths of all texts in a part of the catalog, with dots. */
type KeysOf<T> = {
  [Key in keyof T & string]: T[Key] extends string
    ? Key
    : T[Key] extends (...values: never) => string
      ? never
      : `${Key}.${KeysOf<T[Key]>}`
}[keyof T & string]

/** Path of a text in the catalog, such as `commands.describe.image`. */
export type TextKey = KeysOf<Omit<Catalog, 'errors'>>

/** A path with a text for each of the values below it. */
type PrefixFor<Prefix extends string, Value extends string> = `${Prefix}.${Value}` extends TextKey
  ? Prefix
  : never

type Name = { readonly name: string; readonly name_localizations: LocalizationMap }
type Description = {
  readonly description: string
  readonly description_localizations: LocalizationMap
}

/** The name of a menu entry or a choice. */
export function named(key: TextKey): Name {
  return nameAt(key)
}

/** The description of an option. Its name is the same in every language. */
export function described(key: TextKey): Description {
  return descriptionAt(key)
}

/** The name and description of a command, from the texts `name` and `description` below the key. */
export function localized<Key extends string>(
  key: PrefixFor<Key, 'name' | 'description'>,
): Name & Description {
  return { ...nameAt(`${key}.name`), ...descriptionAt(`${key}.description`) }
}

/** The choices of an option, each with its text below the key. */
export function choices<const Value extends string, Key extends string>(
  values: readonly Value[],
  key: PrefixFor<Key, Value>,
): (Name & { readonly value: Value })[] {
  return values.map((value) => ({ ...nameAt(`${key}.${value}`), value }))
}

function nameAt(key: string): Name {
  return { name: textAt(EN, key), name_localizations: { 'zh-CN': textAt(ZH, key) } }
}

function descriptionAt(key: string): Description {
  return { description: textAt(EN, key), description_localizations: { 'zh-CN': textAt(ZH, key) } }
}

function textAt(catalog: Catalog, key: string): string {
  let text: unknown = catalog
  for (const name of key.split('.')) {
    text = typeof text === 'object' && text !== null ? Reflect.get(text, name) : undefined
  }
  if (typeof text !== 'string') {
    throw new TypeError(`expected a text at ${key} of the catalog, got ${typeof text}`)
  }
  return text
}
