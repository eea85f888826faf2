/**
 * Parses Discord's markdown to a tree. It renders nothing.
 *
 * Source: support article 210298617 and developers/reference.mdx, "Message Formatting".
 *
 * @import { Budget, MarkdownNode } from './markdown-inline.js'
 */

import { inline, MAX_DEPTH, MAX_SCANNED } from './markdown-inline.js'

/** The content between two ```: an optional language on the first line, then the code. */
const FENCED = /^(?:[\w+.-]+\n)?\n?([\s\S]*?[^`])\n?$/

/**
 * Parses a whole message.
 *
 * @param {string} text
 * @param {Budget} budget how many characters may be scanned; counts down.
 * @returns {MarkdownNode[]}
 */
export function parse(text, budget = { left: MAX_SCANNED }) {
  return fences(text, 0, budget)
}

/** Parses code blocks first, then the lines between them. */
function fences(
  /** @type {string} */ text,
  /** @type {number} */ depth,
  /** @type {Budget} */ budget,
) {
  /** @type {MarkdownNode[]} */
  const nodes = []
  let start = 0
  for (const fence of fencesOf(text)) {
    const before = text.slice(start, fence.start).replace(/\n$/, '')
    if (before !== '') {
      nodes.push(...blocks(before, depth, budget))
    }
    nodes.push({ kind: 'block', text: FENCED.exec(fence.inside)?.[1] ?? '' })
    start = fence.end
    if (text[start] === '\n') {
      start += 1
    }
  }
  if (start < text.length) {
    nodes.push(...blocks(text.slice(start), depth, budget))
  }
  return nodes
}

/** Each fence: from three or more backticks to the next exactly three. */
function fencesOf(/** @type {string} */ text) {
  const fences = []
  /** @type {number | null} */
  let start = null
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    if (start !== null && run.length === 3) {
      fences.push({ start, inside: text.slice(start + 3, index), end: index + 3 })
      start = null
    } else if (start === null) {
      const escaped = text[index - 1] === '\\' ? 1 : 0
      if (run.length - escaped >= 3) {
        start = index + escaped
      }
    }
  }
  return fences
}

/** Parses line by line: quotes, headings, small print, lists, and plain lines. */
function blocks(
  /** @type {string} */ text,
  /** @type {number} */ depth,
  /** @type {Budget} */ budget,
) {
  /** @type {MarkdownNode[]} */
  const nodes = []
  const lines = text.split('\n')
  while (lines.length > 0) {
    const line = lines[0] ?? ''
    if (depth < MAX_DEPTH && line.startsWith('>>> ')) {
      const quoted = lines.splice(0).join('\n').slice(4)
      nodes.push({ kind: 'quote', children: fences(quoted, depth + 1, budget) })
    } else if (depth < MAX_DEPTH && line.startsWith('> ')) {
      const quoted = take(lines, (l) => l.startsWith('> ')).map((l) => l.slice(2))
      nodes.push({ kind: 'quote', children: blocks(quoted.join('\n'), depth + 1, budget) })
    } else if (depth < MAX_DEPTH && LIST_ITEM.test(line)) {
      nodes.push(
        list(
          take(lines, (l) => LIST_ITEM.test(l) || /^ {2,}\S/.test(l)),
          depth,
          budget,
        ),
      )
    } else {
      nodes.push(oneLine(lines.shift() ?? '', depth, budget))
    }
  }
  return nodes
}

const LIST_ITEM = /^ ?(?:[-*]|(\d{1,9})\.) +(?=\S)/

function oneLine(
  /** @type {string} */ line,
  /** @type {number} */ depth,
  /** @type {Budget} */ budget,
) {
  const heading = /^(#{1,3}) +(\S.*)$/s.exec(line)
  /** @type {MarkdownNode} */
  const node = heading
    ? {
        kind: 'heading',
        level: heading[1]?.length ?? 1,
        children: inline(heading[2] ?? '', depth, budget),
      }
    : line.startsWith('-# ')
      ? { kind: 'small', children: inline(line.slice(3), depth, budget) }
      : { kind: 'line', children: inline(line, depth, budget) }
  return node
}

/** @returns {MarkdownNode} */
function list(
  /** @type {string[]} */ lines,
  /** @type {number} */ depth,
  /** @type {Budget} */ budget,
) {
  const first = LIST_ITEM.exec(lines[0] ?? '')
  /** @type {string[][]} */
  const items = []
  for (const line of lines) {
    const mark = LIST_ITEM.exec(line)
    if (mark) {
      items.push([line.slice(mark[0].length)])
    } else {
      items.at(-1)?.push(line.replace(/^ {2}/, ''))
    }
  }
  return {
    kind: 'list',
    start: first?.[1] === undefined ? null : Number(first[1]),
    items: items.map((item) => blocks(item.join('\n'), depth + 1, budget)),
  }
}

/** Removes and returns the leading lines that match. */
function take(/** @type {string[]} */ lines, /** @type {(line: string) => boolean} */ fits) {
  const end = lines.findIndex((line) => !fits(line))
  return lines.splice(0, end === -1 ? lines.length : end)
}

/** The plain text without marks, on one line, for quotes and labels. */
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
      if (node.kind === 'list') {
        return node.items.map((item) => flat(item, name)).join(' ')
      }
      if (node.kind === 'spoiler') {
        return '▮▮▮'
      }
      if (node.kind === 'line') {
        return `${flat(node.children, name)} `
      }
      if ('children' in node && node.children) {
        return flat(node.children, name)
      }
      return 'text' in node ? node.text : name(node)
    })
    .join('')
}
