/**
 * The commands a person can type, as a flat list: each subcommand is an entry of its own.
 *
 * @import { Command, Option } from '../types.d.ts'
 */

import { commandsFor } from './actions.js'

/**
 * @typedef {{
 *   name: string, label: string, description: string, options: readonly Option[]
 * }} Leaf `name` is the full name sent to the sandbox, `label` the localized one.
 */

const SUBCOMMAND = 1
const GROUP = 2
export const ATTACHMENT = 11

/** Every command of the open channel. */
export function leaves() {
  return commandsFor(1).flatMap((command) => leavesOf(command))
}

/** @returns {Leaf[]} */
function leavesOf(/** @type {Command} */ command) {
  const options = command.options ?? []
  const nested = options.filter(({ type }) => type === SUBCOMMAND || type === GROUP)
  const label = command.name_localized ?? command.name
  if (nested.length === 0) {
    return [{ name: command.name, label, description: described(command), options }]
  }
  return nested.flatMap((option) => below(option, command.name, label))
}

/** @returns {Leaf[]} */
function below(
  /** @type {Option} */ option,
  /** @type {string} */ path,
  /** @type {string} */ labels,
) {
  const name = `${path} ${option.name}`
  const label = `${labels} ${option.name_localized ?? option.name}`
  const options = option.options ?? []
  if (option.type === GROUP) {
    return options.flatMap((inner) => below(inner, name, label))
  }
  return [{ name, label, description: described(option), options }]
}

/** The description in the person's language. */
export function described(
  /** @type {{ description: string, description_localized?: string }} */ thing,
) {
  return thing.description_localized ?? thing.description
}

/** The commands that one picture is enough for. */
export function pictureCommands() {
  return leaves().filter(
    ({ options }) =>
      options.some(({ type }) => type === ATTACHMENT) &&
      options.every(({ type, required }) => type === ATTACHMENT || !required) &&
      options.filter(({ type, required }) => type === ATTACHMENT && required).length <= 1,
  )
}

/** The command that was typed in full, with the blank after it. */
export function typedCommand(/** @type {string} */ text) {
  const typed = /^\/(.+) $/.exec(text)?.[1]
  return leaves().find(({ name, label }) => name === typed || label === typed)
}

/** What fits the text after the slash: names that begin with it first. */
export function matching(/** @type {string} */ text) {
  const wanted = text.replace(/^\//, '').trimEnd().toLowerCase()
  const all = leaves()
  const begins = all.filter((leaf) =>
    [leaf.name, leaf.label].some((name) => name.toLowerCase().startsWith(wanted)),
  )
  const contains = all.filter(
    (leaf) => !begins.includes(leaf) && `${leaf.name} ${leaf.label}`.toLowerCase().includes(wanted),
  )
  return [...begins, ...contains]
}
