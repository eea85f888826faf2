/**
 * Renders a text with Discord's markdown as elements.
 *
 * @import { MarkdownNode } from './markdown-inline.js'
 */

import { confirmLink } from '../widgets/dialogs.js'
import { h, present } from '../widgets/dom.js'
import { nameOf, titleOf } from '../state/selectors.js'
import { locale, words } from '../language/language.js'
import { parse, plainText } from './markdown.js'
import { findMessage, openChannel, state } from '../state/state.js'

/**
 * A node that refers to something else: a link, a mention or a time.
 *
 * @typedef {Extract<MarkdownNode, { url: string } | { id: string } | { seconds: number }>} Reference
 */

/** The upper limit of each unit of a relative time, in seconds. @type {readonly [Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
]

/** @type {Readonly<Record<string, Intl.DateTimeFormatOptions>>} */
const STYLES = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
}

/** The text as elements. */
export function drawText(/** @type {string} */ text) {
  return parse(text).map((node) => draw(node))
}

/** The text on one line, without marks. */
export function lineOf(/** @type {string} */ text) {
  return plainText(text, (node) => {
    if (node.kind === 'link') {
      return node.url
    }
    if (node.kind === 'time') {
      return formatTime(node.seconds, node.style)
    }
    return 'id' in node ? mentionLabel(node.kind, node.id) : ''
  })
}

/** @returns {Node} */
function draw(/** @type {MarkdownNode} */ node) {
  switch (node.kind) {
    case 'text':
      return document.createTextNode(node.text)
    case 'emoji':
      return h('span', { class: 'emoji' }, node.text)
    case 'command':
    case 'everyone':
      return h('span', { class: 'mention' }, node.text)
    case 'code':
      return h('code', {}, node.text)
    case 'block':
      return h('pre', { tabindex: 0 }, h('code', {}, node.text))
    case 'strong':
    case 'em':
    case 'u':
    case 's':
      return h(node.kind, {}, ...node.children.map(draw))
    case 'line':
      return h('div', { class: 'text-line' }, ...node.children.map(draw))
    case 'small':
      return h('small', { class: 'text-small' }, ...node.children.map(draw))
    case 'heading':
      return heading(node.level, node.children)
    case 'quote':
      return h('blockquote', {}, ...node.children.map(draw))
    case 'list': {
      const items = node.items.map((item) => h('li', {}, ...item.map(draw)))
      return node.start === null ? h('ul', {}, ...items) : h('ol', { start: node.start }, ...items)
    }
    case 'spoiler':
      return spoiler(node.children)
    default:
      return drawReference(node)
  }
}

/** @returns {Node} */
function drawReference(/** @type {Reference} */ node) {
  switch (node.kind) {
    case 'link':
      return link(node.url, node.children)
    case 'time': {
      const date = new Date(node.seconds * 1000)
      const valid = !Number.isNaN(date.getTime())
      return h(
        'time',
        valid
          ? { datetime: date.toISOString(), title: date.toLocaleString(locale()), class: 'chip' }
          : {},
        formatTime(node.seconds, node.style),
      )
    }
    case 'channel': {
      const label = mentionLabel(node.kind, node.id)
      if (!state.channels.has(node.id)) {
        return h('span', { class: 'mention' }, label)
      }
      const open = () => openChannel(node.id)
      return h('button', { type: 'button', class: 'mention', onclick: open }, label)
    }
    default: {
      const label = mentionLabel(node.kind, node.id)
      const user = node.kind === 'user' ? node.id : undefined
      return h('span', { class: 'mention', 'data-user': user }, label)
    }
  }
}

/** A paragraph styled as a heading: real headings would disturb the page's outline. */
function heading(/** @type {number} */ level, /** @type {readonly MarkdownNode[]} */ children) {
  return h('div', { class: `text-heading level-${level}` }, ...children.map(draw))
}

function mentionLabel(/** @type {string} */ kind, /** @type {string} */ id) {
  if (kind === 'user') {
    const user = state.users.get(id)
    return `@${user ? nameOf(user) : words().unknownUser}`
  }
  if (kind === 'role') {
    return `@${state.roles.get(id)?.name ?? words().unknownRole}`
  }
  return titleOf(state.channels.get(id)) || `#${words().unknownChannel}`
}

/** Text that is hidden until clicked. */
function spoiler(/** @type {readonly MarkdownNode[]} */ children) {
  const inner = h('span', { class: 'spoiler-text', inert: true }, ...children.map(draw))
  const cover = h('span', {
    class: 'spoiler',
    role: 'button',
    tabindex: 0,
    'aria-expanded': 'false',
    'aria-label': words().revealSpoiler,
  })
  const reveal = () => {
    cover.classList.add('open')
    for (const name of ['role', 'tabindex', 'aria-label', 'aria-expanded']) {
      cover.removeAttribute(name)
    }
    inner.removeAttribute('inert')
  }
  cover.addEventListener('click', reveal)
  cover.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') {
      return
    }
    event.preventDefault()
    reveal()
  })
  cover.append(inner)
  return cover
}

function link(/** @type {string} */ url, /** @type {readonly MarkdownNode[] | null} */ children) {
  const jump = /^https?:\/\/(?:\w+\.)?discord\.com\/channels\/[^/]+\/(\d+)(?:\/(\d+))?/.exec(url)
  if (jump) {
    return jumpLink(jump[1] ?? '', jump[2], children)
  }
  const label = children ? children.map(draw) : [document.createTextNode(url)]
  const anchor = h(
    'a',
    { href: url, title: url, target: '_blank', rel: 'noopener noreferrer' },
    ...label,
  )
  // The real target is shown before anything is opened.
  anchor.addEventListener('click', (event) => {
    event.preventDefault()
    void confirmLink(url)
  })
  return anchor
}

function jumpLink(
  /** @type {string} */ channelId,
  /** @type {string | undefined} */ messageId,
  /** @type {readonly MarkdownNode[] | null} */ children,
) {
  const channel = state.channels.get(channelId)
  const label = children
    ? present(children.map(draw))
    : [titleOf(channel) || words().unknownChannel]
  const suffix = messageId && !children ? ' › …' : ''
  return h(
    'button',
    { type: 'button', class: 'mention', onclick: () => jumpTo(channelId, messageId) },
    ...label,
    suffix,
  )
}

/** Opens a message's channel and scrolls to the message. */
export function jumpTo(
  /** @type {string} */ channelId,
  /** @type {string | undefined} */ messageId,
) {
  if (channelId !== state.current) {
    openChannel(channelId)
  }
  if (messageId && findMessage(messageId)) {
    showMessage(messageId)
  }
}

function showMessage(/** @type {string} */ id) {
  const shown = document.getElementById(`message-${id}`)
  if (!shown) {
    return
  }
  shown.scrollIntoView({ block: 'center' })
  shown.focus({ preventScroll: true })
  shown.classList.remove('flash')
  requestAnimationFrame(() => shown.classList.add('flash'))
}

function formatTime(/** @type {number} */ seconds, /** @type {string} */ style) {
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) {
    return `<t:${seconds}>`
  }
  if (style === 'R') {
    return relative(seconds - Date.now() / 1000)
  }
  return date.toLocaleString(locale(), STYLES[style])
}

function relative(/** @type {number} */ seconds) {
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' })
  const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
  return format.format(Math.trunc(seconds / length), unit)
}
