/**
 * Reads Discord's markdown into a tree. It draws nothing.
 *
 * Source: support article 210298617 and developers/reference.mdx, "Message Formatting".
 */

/**
 * @typedef {{ kind: 'text', text: string }
 *   | { kind: 'code' | 'block', text: string }
 *   | { kind: 'strong' | 'em' | 'u' | 's' | 'spoiler' | 'quote' | 'small' | 'line', children: MarkdownNode[] }
 *   | { kind: 'heading', level: number, children: MarkdownNode[] }
 *   | { kind: 'list', start: number | null, items: MarkdownNode[][] }
 *   | { kind: 'link', url: string, children: MarkdownNode[] | null }
 *   | { kind: 'user' | 'role' | 'channel', id: string }
 *   | { kind: 'command' | 'everyone' | 'emoji', text: string }
 *   | { kind: 'time', seconds: number, style: string }} MarkdownNode
 */

/** Quotes and lists inside each other end here; deeper text stays as it is. */
const MAX_DEPTH = 8

/** Any text that no escape interrupts, as little of it as possible. */
const INSIDE = String.raw`((?:\\[\s\S]|[^\\])+?)`

/**
 * Tried in this order at each place of the text.
 *
 * @type {readonly [RegExp, (match: RegExpExecArray, depth: number) => MarkdownNode][]}
 */
const RULES = [
  [/\\([^\p{L}\p{N}\s])/uy, (m) => ({ kind: 'text', text: m[1] ?? '' })],
  [/(`+)([\s\S]*?[^`])\1(?!`)/y, (m) => ({ kind: 'code', text: trimCode(m[2] ?? '') })],
  [/<@!?(\d+)>/y, (m) => ({ kind: 'user', id: m[1] ?? '' })],
  [/<@&(\d+)>/y, (m) => ({ kind: 'role', id: m[1] ?? '' })],
  [/<#(\d+)>/y, (m) => ({ kind: 'channel', id: m[1] ?? '' })],
  [/<\/([^:>\n]+):\d+>/y, (m) => ({ kind: 'command', text: `/${m[1]}` })],
  [/<a?:(\w+):\d+>/y, (m) => ({ kind: 'emoji', text: `:${m[1]}:` })],
  [
    /<t:(-?\d{1,13})(?::([tTdDfFR]))?>/y,
    (m) => ({ kind: 'time', seconds: Number(m[1]), style: m[2] ?? 'f' }),
  ],
  [/@(?:everyone|here)\b/y, (m) => ({ kind: 'everyone', text: m[0] })],
  [
    /\[((?:\\[\s\S]|[^\\\]\n])+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/y,
    (m, depth) => ({ kind: 'link', url: m[2] ?? '', children: inline(m[1] ?? '', depth) }),
  ],
  [/<(https?:\/\/[^\s>]+)>/y, (m) => ({ kind: 'link', url: m[1] ?? '', children: null })],
  [
    /https?:\/\/[^\s<>]*[^\s<>.,:;"'!?)\]*_~|]/y,
    (m) => ({ kind: 'link', url: m[0], children: null }),
  ],
  [wrapped('***', '(?!\\*)'), (m, d) => ({ kind: 'em', children: [strong(m[1] ?? '', d)] })],
  [wrapped('**', '(?!\\*)'), (m, depth) => strong(m[1] ?? '', depth)],
  [wrapped('__', '(?!_)'), (m, depth) => ({ kind: 'u', children: inline(m[1] ?? '', depth) })],
  [wrapped('~~'), (m, depth) => ({ kind: 's', children: inline(m[1] ?? '', depth) })],
  [wrapped('||'), (m, depth) => ({ kind: 'spoiler', children: inline(m[1] ?? '', depth) })],
  [
    /\*(?=\S)((?:\*\*|\\[\s\S]|[^\\*])+?)(?<=\S)\*(?!\*)/y,
    (m, depth) => ({ kind: 'em', children: inline(m[1] ?? '', depth) }),
  ],
  [
    /_((?:__|\\[\s\S]|[^\\_])+?)_(?![\p{L}\p{N}_])/uy,
    (m, depth) => ({ kind: 'em', children: inline(m[1] ?? '', depth) }),
  ],
]

/** Signs that may begin something; text up to the next one is taken at once. */
const SIGN = /[\\`<@[*_~|]|https?:\/\//g

/** A ``` block; the language is left out where only code follows on the same line. */
const FENCE = /(?<!\\)```(?:[\w+.-]+\n)?\n?([\s\S]*?[^`])\n?```(?!`)/

/**
 * Reads a whole message.
 *
 * @param {string} text
 * @returns {MarkdownNode[]}
 */
export function parse(text, depth = 0) {
  const nodes = []
  let rest = text
  for (;;) {
    const fence = FENCE.exec(rest)
    const before = fence ? rest.slice(0, fence.index).replace(/\n$/, '') : rest
    if (before !== '') nodes.push(...blocks(before, depth))
    if (!fence) return nodes
    nodes.push(/** @type {const} */ ({ kind: 'block', text: fence[1] ?? '' }))
    rest = rest.slice(fence.index + fence[0].length).replace(/^\n/, '')
  }
}

// Line by line: quotes, headings, small print, lists, and plain lines.
function blocks(/** @type {string} */ text, /** @type {number} */ depth) {
  /** @type {MarkdownNode[]} */
  const nodes = []
  const lines = text.split('\n')
  while (lines.length > 0) {
    const line = lines[0] ?? ''
    if (depth < MAX_DEPTH && line.startsWith('>>> ')) {
      const quoted = lines.splice(0).join('\n').slice(4)
      nodes.push({ kind: 'quote', children: parse(quoted, depth + 1) })
    } else if (depth < MAX_DEPTH && line.startsWith('> ')) {
      const quoted = take(lines, (l) => l.startsWith('> ')).map((l) => l.slice(2))
      nodes.push({ kind: 'quote', children: blocks(quoted.join('\n'), depth + 1) })
    } else if (depth < MAX_DEPTH && LIST_ITEM.test(line)) {
      nodes.push(
        list(
          take(lines, (l) => LIST_ITEM.test(l) || /^ {2,}\S/.test(l)),
          depth,
        ),
      )
    } else nodes.push(oneLine(lines.shift() ?? '', depth))
  }
  return nodes
}

const LIST_ITEM = /^ ?(?:[-*]|(\d{1,9})\.) +(?=\S)/

function oneLine(/** @type {string} */ line, /** @type {number} */ depth) {
  const heading = /^(#{1,3}) +(.+)$/.exec(line)
  /** @type {MarkdownNode} */
  const node = heading
    ? { kind: 'heading', level: heading[1]?.length ?? 1, children: inline(heading[2] ?? '', depth) }
    : line.startsWith('-# ')
      ? { kind: 'small', children: inline(line.slice(3), depth) }
      : { kind: 'line', children: inline(line, depth) }
  return node
}

/** @returns {MarkdownNode} */
function list(/** @type {string[]} */ lines, /** @type {number} */ depth) {
  const first = LIST_ITEM.exec(lines[0] ?? '')
  /** @type {string[][]} */
  const items = []
  for (const line of lines) {
    const mark = LIST_ITEM.exec(line)
    if (mark) items.push([line.slice(mark[0].length)])
    else items.at(-1)?.push(line.replace(/^ {2}/, ''))
  }
  return {
    kind: 'list',
    start: first?.[1] === undefined ? null : Number(first[1]),
    items: items.map((item) => blocks(item.join('\n'), depth + 1)),
  }
}

/** Takes lines from the front as long as they fit. */
function take(/** @type {string[]} */ lines, /** @type {(line: string) => boolean} */ fits) {
  const end = lines.findIndex((line) => !fits(line))
  return lines.splice(0, end === -1 ? lines.length : end)
}

/** @returns {MarkdownNode[]} */
function inline(/** @type {string} */ text, /** @type {number} */ depth) {
  if (depth > MAX_DEPTH) return [{ kind: 'text', text }]
  /** @type {MarkdownNode[]} */
  const nodes = []
  let plain = ''
  for (let place = 0; place < text.length;) {
    SIGN.lastIndex = place
    const next = SIGN.exec(text)?.index ?? text.length
    plain += text.slice(place, next)
    place = next
    if (place === text.length) break
    const found = ruleAt(text, place, depth)
    if (!found) plain += text[place++]
    else {
      if (plain !== '') nodes.push({ kind: 'text', text: plain })
      plain = ''
      nodes.push(found.node)
      place = found.end
    }
  }
  if (plain !== '') nodes.push({ kind: 'text', text: plain })
  return nodes
}

function ruleAt(
  /** @type {string} */ text,
  /** @type {number} */ place,
  /** @type {number} */ depth,
) {
  // An underscore inside a word is no mark: snake_case_name.
  const inWord = text[place] === '_' && /[\p{L}\p{N}]/u.test(text[place - 1] ?? '')
  if (inWord) return null
  for (const [pattern, make] of RULES) {
    pattern.lastIndex = place
    const match = pattern.exec(text)
    if (match) return { node: make(match, depth + 1), end: pattern.lastIndex }
  }
  return null
}

/** @returns {MarkdownNode} */
function strong(/** @type {string} */ text, /** @type {number} */ depth) {
  return { kind: 'strong', children: inline(text, depth) }
}

function wrapped(/** @type {string} */ sign, after = '') {
  const mark = sign.replaceAll(/[*|]/g, String.raw`\$&`)
  return new RegExp(`${mark}${INSIDE}${mark}${after}`, 'y')
}

// Blanks next to the marks are there so that code may begin or end with one.
function trimCode(/** @type {string} */ text) {
  return /^ .*[^ ].* $/.test(text) ? text.slice(1, -1) : text
}

/** What a text says without its marks, on one line, for quotes and labels. */
export function plainText(
  /** @type {string} */ text,
  /** @type {(node: MarkdownNode) => string} */ name,
) {
  return flat(parse(text), name).replaceAll(/\s+/g, ' ').trim()
}

/** @returns {string} */
function flat(
  /** @type {readonly MarkdownNode[]} */ nodes,
  /** @type {(node: MarkdownNode) => string} */ name,
) {
  return nodes
    .map((node) => {
      if (node.kind === 'list') return node.items.map((item) => flat(item, name)).join(' ')
      if (node.kind === 'spoiler') return '▮▮▮'
      if (node.kind === 'line') return `${flat(node.children, name)} `
      if ('children' in node && node.children) return flat(node.children, name)
      return 'text' in node ? node.text : name(node)
    })
    .join('')
}
