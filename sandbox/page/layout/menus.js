/**
 * The context menus of messages and people.
 *
 * @import { Message, User } from '../types.d.ts'
 * @import { Entry, Group } from '../widgets/menu.js'
 */

import {
  attempt,
  commandsFor,
  copy,
  createThread,
  install,
  linkTo,
  openDirect,
  remove,
  useMenuCommand,
} from '../state/actions.js'
import { act } from '../state/api.js'
import { isThread, may, nameOf, titleOf } from '../state/selectors.js'
import { words } from '../language/language.js'
import { askText } from '../widgets/dialogs.js'
import { openMenu } from '../widgets/menu.js'
import { EPHEMERAL } from '../state/constants.js'
import { state } from '../state/state.js'

const EMOJI = ['👍', '❤️', '😂', '👀', '✅']

const MESSAGE_COMMAND = 3
const USER_COMMAND = 2

/** @typedef {{ left: number, top: number, bottom: number }} Anchor */

/**
 * Opens the menu of a message.
 *
 * @param {Message} message
 * @param {Anchor} anchor
 * @param {HTMLElement} back what gets the focus again.
 * @param {{ reply: (message: Message) => void, edit: (message: Message) => void }} composer
 */
export function messageMenu(message, anchor, back, composer) {
  const ephemeral = ((message.flags ?? 0) & EPHEMERAL) !== 0
  const groups = ephemeral
    ? [{ entries: copies(message) }]
    : [
        { heading: words().react, row: true, entries: reactions(message) },
        { entries: answers(message, anchor, back, composer) },
        { heading: words().apps, entries: apps(MESSAGE_COMMAND, message.id, message.channel_id) },
        { entries: [...copies(message), ...removal(message)] },
      ]
  openMenu(words().messageActions, groups, anchor, back)
}

/**
 * @param {Message} message
 * @param {Anchor} anchor
 * @param {HTMLElement} back
 * @param {{ reply: (message: Message) => void, edit: (message: Message) => void }} composer
 * @returns {Entry[]}
 */
function answers(message, anchor, back, composer) {
  const { reply, editMessage, forward, createFromMessage, proxy } = words()
  const channel = state.channels.get(message.channel_id)
  const own = message.author.id === state.you?.id
  const threadable = channel?.guild_id !== undefined && !isThread(channel)
  return only([
    { label: reply, icon: 'reply', run: () => composer.reply(message) },
    own &&
      channel?.guild_id !== undefined && {
        label: proxy,
        icon: 'app',
        run: () => void proxyAs(message),
      },
    own && { label: editMessage, icon: 'pencil', run: () => composer.edit(message) },
    { label: forward, icon: 'forward', run: () => chooseTarget(message, anchor, back) },
    threadable && { label: createFromMessage, icon: 'thread', run: () => createThread(message) },
  ])
}

/** @returns {Entry[]} */
function copies(/** @type {Message} */ message) {
  const { copyText, copyLink, copyFileLink, copyId } = words()
  const [file] = message.attachments
  return only([
    message.content !== '' && { label: copyText, icon: 'copy', run: () => copy(message.content) },
    { label: copyLink, icon: 'link', run: () => copy(linkTo(message)) },
    file !== undefined && { label: copyFileLink, icon: 'link', run: () => copy(file.url) },
    { label: copyId, icon: 'copy', run: () => copy(message.id) },
  ])
}

/** @returns {Entry[]} */
function removal(/** @type {Message} */ message) {
  const channel = state.channels.get(message.channel_id)
  const own = message.author.id === state.you?.id
  const allowed = own || (channel?.guild_id !== undefined && may(channel, 'manageMessages'))
  if (!allowed) {
    return []
  }
  return [{ label: words().delete, icon: 'trash', danger: true, run: () => remove(message) }]
}

/** @returns {Entry[]} */
function reactions(/** @type {Message} */ message) {
  return EMOJI.map((emoji) => ({
    label: words().reactWith(emoji),
    sign: emoji,
    run: () =>
      attempt(() =>
        act('react', { message_id: message.id, emoji, on: true }, [], message.channel_id),
      ),
  }))
}

/** @returns {Entry[]} */
function apps(
  /** @type {number} */ type,
  /** @type {string} */ targetId,
  /** @type {string} */ channelId,
) {
  return commandsFor(type).map((command) => ({
    label: command.name_localized ?? command.name,
    icon: 'app',
    run: () => useMenuCommand(command, targetId, channelId),
  }))
}

/** Has the message posted again by a webhook, as a proxy bot such as PluralKit does. */
async function proxyAs(/** @type {Message} */ message) {
  const { proxy, proxyName, send } = words()
  const name = await askText({ title: proxy, label: proxyName, yes: send, max: 80 })
  if (name !== null && name.trim() !== '') {
    const payload = { message_id: message.id, name: name.trim() }
    await attempt(() => act('proxy', payload, [], message.channel_id))
  }
}

function chooseTarget(
  /** @type {Message} */ message,
  /** @type {Anchor} */ anchor,
  /** @type {HTMLElement} */ back,
) {
  const targets = [...state.channels.values()].filter((channel) => may(channel, 'send'))
  const entries = targets.map((channel) => ({
    label: titleOf(channel),
    run: () =>
      attempt(() =>
        act('forward', { message_id: message.id, to: channel.id }, [], message.channel_id),
      ),
  }))
  openMenu(words().forwardTo, [{ heading: words().forwardTo, entries }], anchor, back)
}

/**
 * Opens the menu of a person.
 *
 * @param {User} user
 * @param {Anchor} anchor
 * @param {HTMLElement} back what gets the focus again.
 * @param {{ insert: (text: string) => void }} composer
 */
export function userMenu(user, anchor, back, composer) {
  const w = words()
  /** @type {Group[]} */
  const groups = [
    {
      entries: only([
        { label: w.mention, icon: 'at', run: () => composer.insert(`<@${user.id}> `) },
        user.bot === true && { label: w.messageUser, icon: 'message', run: openDirect },
        user.bot === true && {
          label: state.installed ? w.uninstall : w.install,
          icon: 'app',
          run: install,
        },
      ]),
    },
    { heading: w.apps, entries: apps(USER_COMMAND, user.id, state.current) },
    { entries: [{ label: w.copyUserId, icon: 'copy', run: () => copy(user.id) }] },
  ]
  openMenu(nameOf(user), groups, anchor, back)
}

/** @returns {Entry[]} */
function only(/** @type {readonly (Entry | false)[]} */ entries) {
  return entries.filter((entry) => entry !== false)
}
