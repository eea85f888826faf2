/**
 * Automatic changes of threads: message counts, joining on the first message, unarchiving on a
 * message, and auto-archiving.
 */

import { MESSAGE_TYPE } from '../../protocol/constants.ts'
import { snowflakeTime } from '../../protocol/snowflake.ts'
import type { World } from '../world.ts'
import type { Message } from '../message.ts'
import type { Channel } from '../types.ts'

const MINUTE_MS = 60_000

/** Cancels each thread's archive timer, by thread id. */
type Alarms = Map<string, () => void>

/** Starts watching the existing and all later threads. */
export function watchThreads(world: World): void {
  const alarms: Alarms = new Map()
  for (const channel of world.channels.values()) {
    watch(world, channel, alarms)
  }
  world.listen((event) => {
    if (event.name === 'THREAD_CREATE' && event.isNew) {
      watch(world, event.channel, alarms)
    } else if (event.name === 'THREAD_UPDATE') {
      watch(world, event.channel, alarms)
    } else if (event.name === 'THREAD_DELETE') {
      alarms.get(event.channel.id)?.()
    } else if (event.name === 'MESSAGE_CREATE') {
      written(world, event.message)
    } else if (event.name === 'MESSAGE_DELETE') {
      deleted(world, [event.message])
    } else if (event.name === 'MESSAGE_DELETE_BULK') {
      deleted(world, event.messages)
    }
  })
}

function written(world: World, message: Message): void {
  const channel = world.channels.get(message.channelId)
  // The starter message does not count.
  if (!channel?.thread || message.type === MESSAGE_TYPE.threadStarter) {
    return
  }
  const { thread } = channel
  thread.messageCount += 1
  thread.totalMessages += 1
  if (thread.archived) {
    thread.archived = false
    thread.archivedMs = world.clock.now()
    world.emit({ name: 'THREAD_UPDATE', channel })
  }
  const { authorId } = message
  if (thread.members.has(authorId) || !world.member(channel.guildId, authorId)) {
    return
  }
  thread.members.set(authorId, world.clock.now())
  tellJoined(world, channel, authorId)
}

function deleted(world: World, messages: readonly Message[]): void {
  for (const { channelId } of messages) {
    const thread = world.channels.get(channelId)?.thread
    if (thread) {
      thread.messageCount = Math.max(0, thread.messageCount - 1)
    }
  }
}

/** Sets a timer for the earliest time to archive the thread; sets it again if it was active. */
function watch(world: World, channel: Channel, alarms: Alarms): void {
  alarms.get(channel.id)?.()
  const { thread } = channel
  if (!thread || thread.archived) {
    return
  }
  const dueIn = Math.max(due(channel) - world.clock.now(), 0)
  const cancel = world.clock.after(dueIn, () => {
    if (due(channel) > world.clock.now()) {
      return watch(world, channel, alarms)
    }
    thread.archived = true
    thread.archivedMs = world.clock.now()
    world.emit({ name: 'THREAD_UPDATE', channel })
  })
  alarms.set(channel.id, cancel)
}

/** When the thread will be archived if it stays inactive, in milliseconds since 1970. */
function due(channel: Channel): number {
  const { thread, lastMessageId } = channel
  if (!thread) {
    return Number.POSITIVE_INFINITY
  }
  const lastMessageMs = lastMessageId === null ? 0 : snowflakeTime(lastMessageId)
  return Math.max(thread.archivedMs, lastMessageMs) + thread.autoArchiveMinutes * MINUTE_MS
}

/** Emits that a user joined a thread, and a separate event if it is the bot. */
export function tellJoined(world: World, channel: Channel, userId: string): void {
  if (userId === world.application.bot.id) {
    world.emit({ name: 'THREAD_MEMBER_UPDATE', channel })
  }
  world.emit({ name: 'THREAD_MEMBERS_UPDATE', channel, added: [userId], removed: [] })
}
