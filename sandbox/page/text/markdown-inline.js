/**
 * Marks inside a line of Discord's markdown: bold, links, mentions, code.
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

/** Deepest nesting of quotes, lists and marks; deeper text is not parsed. */
export const MAX_DEPTH = 8

/**
 * How many characters the rules may scan in one message. A rule scans at most to the end of its
 * line, so that an ordinary message of 4,000 characters needs a tenth of this. Text after the limit
 * is shown without marks.
 */
export const MAX_SCANNED = 4_000_000

/** Counts down while a message is parsed. @typedef {{ left: number }} Budget */

/** Any text, with escapes as units; lazy. */
const INSIDE = String.raw`((?:\\[\s\S]|[^\\])+?)`

/**
 * Tried in this order at each position of the text. Each scans at most once to the end of the text: no
 * quantifier is nested in another, and no two adjacent ones can match the same text.
 *
 * `parse` gives the nodes of a text inside the match.
 *
 * @type {readonly [
 *   RegExp,
 *   (match: RegExpExecArray, parse: (text: string) => MarkdownNode[]) => MarkdownNode,
 * ][]}
 */
const RULES = [
  [/\\([^\p{L}\p{N}\s])/uy, (m) => ({ kind: 'text', text: m[1] ?? '' })],
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
    (m, parse) => ({ kind: 'link', url: m[2] ?? '', children: parse(m[1] ?? '') }),
  ],
  [/<(https?:\/\/[^\s>]+)>/y, (m) => ({ kind: 'link', url: m[1] ?? '', children: null })],
  [
    /https?:\/\/[^\s<>]*[^\s<>.,:;"'!?)\]*_~|]/y,
    (m) => ({ kind: 'link', url: m[0], children: null }),
  ],
  [
    wrapped('***', '(?!\\*)'),
    (m, parse) => ({ kind: 'em', children: [{ kind: 'strong', children: parse(m[1] ?? '') }] }),
  ],
  [wrapped('**', '(?!\\*)'), (m, parse) => ({ kind: 'strong', children: parse(m[1] ?? '') })],
  [wrapped('__', '(?!_)'), (m, parse) => ({ kind: 'u', children: parse(m[1] ?? '') })],
  [wrapped('~~'), (m, parse) => ({ kind: 's', children: parse(m[1] ?? '') })],
  [wrapped('||'), (m, parse) => ({ kind: 'spoiler', children: parse(m[1] ?? '') })],
  [
    /\*(?=\S)((?:\*\*|\\[\s\S]|[^\\*])+?)(?<=\S)\*(?!\*)/y,
    (m, parse) => ({ kind: 'em', children: parse(m[1] ?? '') }),
  ],
  [
    /_((?:__|\\[\s\S]|[^\\_])+?)_(?![\p{L}\p{N}_])/uy,
    (m, parse) => ({ kind: 'em', children: parse(m[1] ?? '') }),
  ],
]

/** Characters that may start a mark; text up to the next one is skipped at once. */
const SIGN = /[\\`<@[*_~|]|https?:\/\//g

/**
 * Parses one line, or the text inside a mark, to nodes.
 *
 * @returns {MarkdownNode[]}
 */
export function inline(
  /** @type {string} */ text,
  /** @type {number} */ depth,
  /** @type {Budget} */ budget,
) {
  if (depth > MAX_DEPTH) {
    return [{ kind: 'text', text }]
  }
  /** @type {MarkdownNode[]} */
  const nodes = []
  let plain = ''
  for (let place = 0; place < text.length;) {
    const next = execAt(SIGN, text, place)?.index ?? text.length
    plain += text.slice(place, next)
    place = next
    if (place === text.length) {
      break
    }
    const span = spanAt(text, place, depth, budget)
    if (!span) {
      plain += text[place++]
    } else {
      if (plain !== '') {
        nodes.push({ kind: 'text', text: plain })
      }
      plain = ''
      nodes.push(span.node)
      place = span.end
    }
  }
  if (plain !== '') {
    nodes.push({ kind: 'text', text: plain })
  }
  return nodes
}

/**
 * The node of the first rule that matches at a position, and the end of the match.
 *
 * @returns {{ node: MarkdownNode, end: number } | null}
 */
function spanAt(
  /** @type {string} */ text,
  /** @type {number} */ place,
  /** @type {number} */ depth,
  /** @type {Budget} */ budget,
) {
  if (budget.left <= 0) {
    return null
  }
  budget.left -= text.length - place

  // An underscore inside a word is not a mark: snake_case_name.
  const inWord = text[place] === '_' && /[\p{L}\p{N}]/u.test(text[place - 1] ?? '')
  if (inWord) {
    return null
  }
  if (text[place] === '`') {
    return codeAt(text, place)
  }
  for (const [pattern, make] of RULES) {
    const match = execAt(pattern, text, place)
    if (match) {
      const node = make(match, (inside) => inline(inside, depth + 1, budget))
      return { node, end: place + match[0].length }
    }
  }
  return null
}

/**
 * Code between two runs of backticks of one length. If the opening run is too long for every later
 * one, the rest of it belongs to the code.
 *
 * @returns {{ node: MarkdownNode, end: number } | null}
 */
function codeAt(/** @type {string} */ text, /** @type {number} */ place) {
  const opening = execAt(/`+/y, text, place)?.[0].length ?? 0
  let length = 0
  let close = -1
  for (const { 0: run, index } of text.slice(place + opening).matchAll(/`+/g)) {
    if (run.length > length && run.length <= opening) {
      length = run.length
      close = place + opening + index
    }
    if (length === opening) {
      break
    }
  }
  if (close === -1) {
    return null
  }
  const inside = text.slice(place + length, close)
  return { node: { kind: 'code', text: trimCode(inside) }, end: close + length }
}

/** Matches at a position. A shared sticky pattern keeps `lastIndex` between calls, so set it each time. */
function execAt(
  /** @type {RegExp} */ pattern,
  /** @type {string} */ text,
  /** @type {number} */ place,
) {
  pattern.lastIndex = place
  return pattern.exec(text)
}

/** Text between two marks. */
function wrapped(/** @type {string} */ sign, after = '') {
  const mark = sign.replaceAll(/[*|]/g, String.raw`\$&`)
  return new RegExp(`${mark}${INSIDE}${mark}${after}`, 'y')
}

/** Removes the padding spaces that let code begin or end with a backtick. */
function trimCode(/** @type {string} */ text) {
  const padded = text.startsWith(' ') && text.endsWith(' ') && text.trim() !== ''
  return padded ? text.slice(1, -1) : text
}
