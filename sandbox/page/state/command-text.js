/**
 * Reads a command that was typed or pasted as text: `/moderation setup channel:#mod-log`.
 *
 * Discord writes commands that way itself. A value reaches to the next option, or to the end of its
 * quotation marks; text before the first option is the value of the first one.
 *
 * @import { Option } from '../types.d.ts'
 * @import { Leaf } from './command-tree.js'
 */

const ATTACHMENT = 11

/**
 * @typedef {{ leaf: Leaf, values: ReadonlyMap<string, string> }} CommandText `values` are texts by
 *   the option's name.
 */

/**
 * The command with the longest name that the text begins with, and the values after it.
 *
 * @param {string} text
 * @param {readonly Leaf[]} leaves
 * @returns {CommandText | null}
 */
export function readCommandText(text, leaves) {
  // A command's mention names it, too: `</moderation setup:1234>`.
  const typed = text.trim().replace(/^<(\/[^:>]+):\d+>/, '$1')
  const matches = leaves.flatMap((leaf) =>
    [leaf.name, leaf.label].flatMap((name) => {
      const words = name
        .split(' ')
        .map(escaped)
        .join(String.raw`\s+`)
      const [begin] = new RegExp(String.raw`^/${words}(?=\s|$)`, 'iu').exec(typed) ?? []
      return begin === undefined ? [] : [{ leaf, end: begin.length }]
    }),
  )
  const [longest] = matches.toSorted((a, b) => b.end - a.end)
  if (!longest) {
    return null
  }
  const { leaf, end } = longest
  return { leaf, values: valuesIn(typed.slice(end).trim(), leaf.options) }
}

/** The option that a text ends with the name of, and a colon: `what is it style:`. */
export function namedAtEnd(/** @type {string} */ text, /** @type {readonly Option[]} */ options) {
  const typed = text.toLowerCase()
  for (const option of options) {
    const name = namesOf(option).find((one) => {
      const rest = typed.length - one.length - 1
      return (
        typed.endsWith(`${one.toLowerCase()}:`) && (rest === 0 || /\s/.test(typed[rest - 1] ?? ''))
      )
    })
    if (name !== undefined) {
      return { option, before: text.slice(0, text.length - name.length - 1).trimEnd() }
    }
  }
  return null
}

/** @returns {ReadonlyMap<string, string>} */
function valuesIn(/** @type {string} */ text, /** @type {readonly Option[]} */ options) {
  const byName = new Map(
    options.flatMap((option) => namesOf(option).map((name) => [name.toLowerCase(), option])),
  )
  const longestFirst = [...byName.keys()].toSorted((a, b) => b.length - a.length)
  const values = /** @type {Map<string, string>} */ (new Map())
  const marker = new RegExp(String.raw`(?<!\S)(${longestFirst.map(escaped).join('|')}):\s*`, 'giu')
  let match = byName.size === 0 ? null : marker.exec(text)
  const leading = text.slice(0, match?.index ?? text.length).trim()
  const first = options.find(({ type }) => type !== ATTACHMENT)
  if (leading !== '' && first) {
    values.set(first.name, unquoted(leading))
  }
  while (match) {
    const option = byName.get((match[1] ?? '').toLowerCase())
    const start = marker.lastIndex
    const [quoted] = /^"[^"]*"(?=\s|$)/.exec(text.slice(start)) ?? []
    marker.lastIndex = start + (quoted?.length ?? 0)
    match = marker.exec(text)
    const value = text.slice(start, match?.index ?? text.length).trim()
    if (option && value !== '') {
      values.set(option.name, unquoted(value))
    }
  }
  return values
}

function namesOf(/** @type {Option} */ { name, name_localized: localized }) {
  return localized === undefined || localized === name ? [name] : [name, localized]
}

function unquoted(/** @type {string} */ text) {
  return /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text
}

function escaped(/** @type {string} */ text) {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
