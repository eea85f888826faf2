/**
 * Actions on messages, people and channels.
 *
 * @import { Channel, Command, Message } from '../types.d.ts'
 */

import { ask, askText, notify } from '../widgets/dialogs.js'
import { act } from './api.js'
import { words } from '../language/language.js'
import { receive, openChannel, state, waitFor } from './state.js'

/** Runs an action, and shows the reason if the sandbox refuses it. */
export async function attempt(/** @type {() => Promise<unknown>} */ action) {
  try {
    await action()
    return true
  } catch (error) {
    notify(error instanceof Error ? error.message : String(error), 'bad')
    return false
  }
}

/** The commands of a type that this member can use in the open channel. */
export function commandsFor(/** @type {number} */ type) {
  return state.commands.filter(
    (command) => command.type === type && (command.usable_in?.includes(state.current) ?? true),
  )
}

/** Uses a context-menu command on a message or a person. */
export async function useMenuCommand(
  /** @type {Command} */ command,
  /** @type {string} */ targetId,
  /** @type {string} */ channelId,
) {
  await attempt(async () => {
    const { id } = await act('menu', { name: command.name, target_id: targetId }, [], channelId)
    const name = command.name_localized ?? command.name
    waitFor({ id: id, channelId, name, messageId: null, customId: null, failed: false })
  })
}

/** Makes another model answer, and says so once it does. */
export async function switchModel(/** @type {string} */ name) {
  if (await attempt(() => act('model', { name }))) {
    notify(words().modelAnswers(name))
  }
}

/** Adds the application to this member's account, or removes it. */
export async function install() {
  const on = !state.installed
  await attempt(async () => {
    await act('install', { on })
    state.installed = on
  })
}

/** Opens the direct messages with the bot. */
export async function openDirect() {
  await attempt(async () => {
    /** @type {Channel} */
    const channel = await act('dms', {})
    if (!state.channels.has(channel.id)) {
      receive({ type: 'channel', channel })
    }
    openChannel(channel.id)
  })
}

/** Asks for a name and creates a thread, from a message or without one. */
export async function createThread(/** @type {Message | undefined} */ message) {
  const w = words()
  const name = await askText({
    title: w.newThread,
    label: w.threadName,
    yes: w.createThread,
    max: 100,
  })
  if (!name?.trim()) {
    return
  }
  await attempt(async () => {
    const payload = { name: name.trim(), ...(message ? { message_id: message.id } : {}) }
    /** @type {Channel} */
    const channel = await act('threads', payload, [], message?.channel_id ?? state.current)
    if (!state.channels.has(channel.id)) {
      receive({ type: 'channel', channel })
    }
    openChannel(channel.id)
  })
}

/** Asks, then deletes a message. */
export async function remove(/** @type {Message} */ message) {
  const w = words()
  const yes = await ask({
    title: w.deleteQuestion,
    text: w.deleteText,
    yes: w.deleteYes,
    danger: true,
  })
  if (yes) {
    await attempt(() => act('delete', { message_id: message.id }, [], message.channel_id))
  }
}

/** A message link in Discord's format. */
export function linkTo(/** @type {Message} */ message) {
  const guild = message.guild_id ?? state.channels.get(message.channel_id)?.guild_id ?? '@me'
  return `https://discord.com/channels/${guild}/${message.channel_id}/${message.id}`
}

/** Copies a text to the clipboard. */
export async function copy(/** @type {string} */ text) {
  await attempt(() => navigator.clipboard.writeText(text)).then(
    (copied) => copied && notify(words().copied),
  )
}
