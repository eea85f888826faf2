/**
 * Draws one message.
 *
 * @import { Message, User } from '../types.d.ts'
 */

import { avatar } from '../widgets/avatar.js'
import { drawComponents } from './components.js'
import { act } from '../state/api.js'
import { h, iconButton } from '../widgets/dom.js'
import { drawEmbed } from './embeds.js'
import { nameOf, titleOf } from '../state/selectors.js'
import { icon } from '../widgets/icons.js'
import { locale, words } from '../language/language.js'
import { drawAttachments, drawSticker } from '../widgets/media.js'
import { EPHEMERAL } from '../state/constants.js'
import { drawOrigin } from './origin.js'
import { dots } from './pending.js'
import { isThinking, openChannel, state } from '../state/state.js'
import { drawText } from '../text/text.js'

/** Messages of one author within this time share one header. In milliseconds. */
const GROUP_MS = 7 * 60 * 1000

/** Message types for default messages, replies and command responses; others are system messages. */
const ORDINARY = new Set([0, 19, 20, 21, 23])

/**
 * @typedef {{
 *   reply: (message: Message) => void,
 *   menu: (message: Message, anchor: { left: number, top: number, bottom: number }, back: HTMLElement) => void,
 *   user: (user: User, anchor: { left: number, top: number, bottom: number }, back: HTMLElement) => void,
 * }} Actions
 */

/**
 * One message.
 *
 * @param {Message} message
 * @param {Message | undefined} previous the one above it, whose header it may share.
 * @param {Actions} actions
 */
export function drawMessage(message, previous, actions) {
  const compact = sharesHead(message, previous)
  const ephemeral = ((message.flags ?? 0) & EPHEMERAL) !== 0
  const item = h('article', {
    id: `message-${message.id}`,
    class: [
      'message',
      compact && 'compact',
      ephemeral && 'ephemeral',
      mentionsMe(message) && 'mentioned',
    ]
      .filter(Boolean)
      .join(' '),
    tabindex: -1,
    'aria-labelledby': `who-${message.id}`,
  })
  if (!ORDINARY.has(message.type)) {
    item.classList.add('system')
    item.append(
      h(
        'p',
        { id: `who-${message.id}` },
        icon('right'),
        ' ',
        systemLine(message),
        ' ',
        drawTime(message),
      ),
    )
    return item
  }
  const origin = drawOrigin(message)
  if (origin) {
    item.append(origin)
  }
  item.append(head(message, actions), body(message), toolbar(message, actions))
  return item
}

function sharesHead(/** @type {Message} */ message, /** @type {Message | undefined} */ previous) {
  if (!previous || previous.author.id !== message.author.id) {
    return false
  }
  if (message.type !== 0 || message.interaction || !ORDINARY.has(previous.type)) {
    return false
  }
  if (dayOf(message) !== dayOf(previous)) {
    return false
  }
  return Date.parse(message.timestamp) - Date.parse(previous.timestamp) < GROUP_MS
}

/** The day of a message in the reader's time zone. */
export function dayOf(/** @type {Message} */ message) {
  return new Date(message.timestamp).toDateString()
}

function mentionsMe(/** @type {Message} */ message) {
  const you = state.you?.id
  return message.mention_everyone === true || message.mentions?.some(({ id }) => id === you)
}

function systemLine(/** @type {Message} */ message) {
  const name = nameOf(message.author)
  if (message.type === 18) {
    return words().system.thread(name, message.content)
  }
  if (message.type === 6) {
    return words().system.pin(name)
  }
  return words().system.other(name)
}

function head(/** @type {Message} */ message, /** @type {Actions} */ actions) {
  const { author } = message
  const name = h(
    'button',
    {
      type: 'button',
      class: 'author',
      'data-user': author.id,
      onclick: (/** @type {MouseEvent} */ _, /** @type {HTMLElement} */ button) =>
        actions.user(author, button.getBoundingClientRect(), button),
    },
    nameOf(author),
  )
  const color = colorOf(author.id)
  if (color) {
    name.style.color = color
  }
  return h(
    'div',
    { class: 'message-head', id: `who-${message.id}` },
    avatar(author),
    h(
      'span',
      { class: 'head-line' },
      name,
      author.bot && h('span', { class: 'badge' }, words().app),
      drawTime(message),
    ),
  )
}

/** The color of the highest role that has one, mixed to be readable in both themes. */
function colorOf(/** @type {string} */ userId) {
  const held = state.members.get(userId)?.roles ?? []
  const role = held
    .flatMap((id) => state.roles.get(id) ?? [])
    .toSorted((a, b) => (b.position ?? 0) - (a.position ?? 0))
    .find(({ color }) => color)
  if (!role?.color) {
    return null
  }
  return `color-mix(in srgb, #${role.color.toString(16).padStart(6, '0')} 45%, var(--strong))`
}

function drawTime(/** @type {Message} */ message) {
  const date = new Date(message.timestamp)
  return h(
    'time',
    {
      datetime: message.timestamp,
      title: date.toLocaleString(locale(), { dateStyle: 'full', timeStyle: 'medium' }),
    },
    date.toLocaleTimeString(locale(), { timeStyle: 'short' }),
  )
}

function body(/** @type {Message} */ message) {
  const content = h('div', { class: 'message-body' })
  if (isThinking(message)) {
    content.append(
      h(
        'p',
        { class: 'thinking', role: 'status' },
        dots(),
        words().thinking(nameOf(message.author)),
      ),
    )
    return withNotes(content, message)
  }
  for (const { message: forwarded } of message.message_snapshots ?? []) {
    content.append(
      h(
        'div',
        { class: 'forwarded' },
        h('p', { class: 'quiet-text' }, icon('forward'), words().forwarded),
        ...parts({ ...message, ...forwarded, content: forwarded.content ?? '' }),
      ),
    )
  }
  content.append(...parts(message))
  return withNotes(content, message)
}

function parts(/** @type {Message} */ message) {
  const text = message.content && h('div', { class: 'message-text' }, ...drawText(message.content))
  if (text && message.edited_timestamp) {
    const edited = h(
      'span',
      { class: 'edited', title: new Date(message.edited_timestamp).toLocaleString(locale()) },
      ` (${words().edited})`,
    )
    const last = text.lastElementChild
    if (last?.classList.contains('text-line')) {
      last.append(edited)
    } else {
      text.append(edited)
    }
  }
  return [
    ...(text ? [text] : []),
    ...drawAttachments(attachmentsToShow(message)),
    ...(message.embeds ?? []).map((embed) => drawEmbed(embed, message.content)),
    ...drawComponents(message),
    ...(message.sticker_items ?? []).map(drawSticker),
  ]
}

/** With Components V2, files are shown only where a component names them. */
function attachmentsToShow(/** @type {Message} */ message) {
  return ((message.flags ?? 0) & (1 << 15)) === 0 ? (message.attachments ?? []) : []
}

function withNotes(/** @type {HTMLElement} */ content, /** @type {Message} */ message) {
  const failed = [...state.pending.values()].find(
    (pending) => pending.messageId === message.id && pending.failed,
  )
  if (failed) {
    content.append(
      h('p', { class: 'failed', role: 'alert' }, icon('alert'), words().interactionFailed),
    )
  }
  if (message.reactions?.length) {
    content.append(reactions(message))
  }
  const thread = message.thread ?? state.channels.get(message.id)
  if (thread) {
    content.append(
      h(
        'button',
        { type: 'button', class: 'thread-link', onclick: () => openChannel(thread.id) },
        icon('thread'),
        h('strong', {}, titleOf(thread)),
        h('span', {}, words().openThread),
      ),
    )
  }
  if (((message.flags ?? 0) & EPHEMERAL) !== 0) {
    const dismiss = () => void act('dismiss', { message_id: message.id }, [], message.channel_id)
    content.append(
      h(
        'p',
        { class: 'only-you' },
        icon('eye'),
        words().onlyYou,
        ' • ',
        h('button', { type: 'button', class: 'text-button', onclick: dismiss }, words().dismiss),
      ),
    )
  }
  return content
}

function reactions(/** @type {Message} */ message) {
  return h(
    'div',
    { class: 'reactions' },
    ...(message.reactions ?? []).map(({ emoji, count, me }) =>
      h(
        'button',
        {
          type: 'button',
          class: 'reaction',
          'aria-pressed': String(me),
          'aria-label': words().reactions(emoji.name ?? '', count),
          onclick: () =>
            void act(
              'react',
              { message_id: message.id, emoji: emoji.name, on: !me },
              [],
              message.channel_id,
            ),
        },
        `${emoji.name} ${count}`,
      ),
    ),
  )
}

function toolbar(/** @type {Message} */ message, /** @type {Actions} */ actions) {
  const ephemeral = ((message.flags ?? 0) & EPHEMERAL) !== 0
  const name = nameOf(message.author)
  const more = iconButton(
    icon('more'),
    words().moreActions(name),
    (_, button) => actions.menu(message, button.getBoundingClientRect(), button),
    { 'aria-haspopup': 'menu' },
  )
  const reply = iconButton(icon('reply'), `${words().reply}: ${name}`, () => actions.reply(message))
  return h('div', { class: 'toolbar' }, !ephemeral && !isThinking(message) && reply, more)
}
