/**
 * Saves a world's changes to its state file as they happen.
 *
 * An event marks the records that it changed. At the end of the event loop's turn, all marked
 * records are written in one transaction, so that all listeners have handled the event, and a
 * message is never written without its channel.
 */

import { pathOf } from '../cdn/files.ts'
import type { StoredFile } from '../cdn/files.ts'
import type { Interactions } from '../interactions/interactions.ts'
import type { Message } from '../world/message.ts'
import type { Kind, StateFile } from './file.ts'
import { guildRecord, interactionRecord, messageRecord } from './records.ts'
import type { ApplicationRecord } from './records.ts'
import type { World } from '../world/world.ts'
import type { WorldEvent } from '../world/events.ts'
import { compareIds, snowflakeAt } from '../protocol/snowflake.ts'

/** Interactions are kept this long. In milliseconds. */
const INTERACTION_LIFE_MS = 75 * 60 * 1000

/** How long to wait before a failed write is retried, in milliseconds. */
const RETRY_MS = 1000

/** A world, its interactions, and the state that saves them. */
export type OpenWorld = {
  readonly world: World
  readonly interactions: Interactions
  /** Null if the world is in memory only. */
  readonly state: State | null
}

/** Saves a world. */
export class State {
  readonly #world: World
  readonly #interactions: Interactions
  readonly #file: StateFile
  /** Marked ids by kind. `flush` writes those that exist and deletes the others. */
  readonly #marked = new Map<Kind, Set<string>>()
  readonly #newFiles = new Map<string, StoredFile>()
  readonly #goneFiles = new Set<string>()
  readonly #stops: (() => void)[]
  #users = 0
  #scheduled = false
  #failed = false
  #closed = false

  constructor(world: World, interactions: Interactions, file: StateFile) {
    this.#world = world
    this.#interactions = interactions
    this.#file = file
    this.#stops = [
      world.listen((event) => this.#mark(event)),
      world.cdn.watch({
        kept: (stored) => this.#keep(stored),
        removed: (stored) => this.#forget(stored),
      }),
    ]
  }

  /** Writes the whole world, for a new one. */
  saveAll(): void {
    const { guilds, channels } = this.#world
    this.#touch('application', '0')
    for (const id of guilds.keys()) {
      this.#touch('guild', id)
    }
    for (const id of channels.keys()) {
      this.#touch('channel', id)
    }
    this.flush()
  }

  /** Writes the marked records, if any; called before a response is sent. */
  settle(): void {
    if (this.#scheduled) {
      this.flush()
    }
  }

  /** Writes the marked records now. */
  flush(): void {
    this.#scheduled = false
    if (this.#marked.size + this.#newFiles.size + this.#goneFiles.size === 0) {
      return
    }
    try {
      this.#file.transaction(() => this.#write())
    } catch (error) {
      this.#complain(error)
      return
    }
    this.#failed = false
    this.#marked.clear()
    this.#newFiles.clear()
    this.#goneFiles.clear()
    this.#users = this.#world.users.size
  }

  /** Writes the remaining records and closes the file. */
  close(): void {
    for (const stop of this.#stops) {
      stop()
    }
    this.#closed = true
    this.flush()
    this.#file.close()
  }

  /** After a failed write the records stay marked and the write is retried. */
  #complain(error: unknown): void {
    if (!this.#failed) {
      const reason = error instanceof Error ? error.message : String(error)
      process.stderr.write(`sandbox: the state cannot be saved (${reason}); trying again.\n`)
    }
    this.#failed = true
    this.#world.clock.after(RETRY_MS, () => this.#schedule())
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) {
      return
    }
    this.#scheduled = true
    // Not unref'd, so that the process does not exit before the write.
    setImmediate(() => {
      if (this.#scheduled) {
        this.flush()
      }
    })
  }

  #touch(kind: Kind, id: string): void {
    const ids = this.#marked.get(kind) ?? new Set()
    this.#marked.set(kind, ids.add(id))
    this.#schedule()
  }

  #mark(event: WorldEvent): void {
    switch (event.name) {
      case 'MESSAGE_DELETE_BULK':
        for (const message of event.messages) {
          this.#touchMessage(message)
        }
        return
      case 'TYPING_START':
      case 'APPLICATION_ONLINE':
        return
      case 'INTERACTION_CREATE':
        return this.#touch('interaction', idIn(event.data))
      case 'MEMBER_EVENT':
        return this.#touch('interaction', idIn(event.event))
      case 'COMMANDS_UPDATE':
        return this.#touch('application', '0')
      case 'GUILD_AUDIT_LOG_ENTRY_CREATE':
        return this.#touch('audit', event.entry.id)
      default:
        if ('message' in event) {
          this.#touchMessage(event.message)
        } else if ('channel' in event) {
          this.#touch('channel', event.channel.id)
        } else {
          this.#touch('guild', guildIdOf(event))
        }
    }
  }

  #touchMessage(message: Message): void {
    this.#touch('message', `${message.channelId}/${message.id}`)
    this.#touch('channel', message.channelId)
    if (message.origin) {
      this.#touch('interaction', message.origin.interactionId)
    }
  }

  #keep(stored: StoredFile): void {
    this.#newFiles.set(pathOf(stored), stored)
    this.#goneFiles.delete(pathOf(stored))
    this.#schedule()
  }

  #forget(stored: StoredFile): void {
    this.#goneFiles.add(pathOf(stored))
    this.#newFiles.delete(pathOf(stored))
    this.#schedule()
  }

  #write(): void {
    for (const path of this.#goneFiles) {
      this.#file.removeFile(path)
    }
    for (const stored of this.#newFiles.values()) {
      this.#file.putFile(stored)
    }
    if (this.#users !== this.#world.users.size) {
      for (const user of this.#world.users.values()) {
        this.#file.put('user', user.id, user)
      }
    }
    for (const [kind, ids] of this.#marked) {
      for (const id of ids) {
        this.#writeOne(kind, id)
      }
    }
  }

  #writeOne(kind: Kind, id: string): void {
    if (kind === 'message') {
      return this.#writeMessage(id)
    }
    if (kind === 'channel') {
      return this.#writeChannel(id)
    }
    if (kind === 'interaction') {
      return this.#writeInteraction(id)
    }
    if (kind === 'audit') {
      return this.#writeAudit(id)
    }
    const value = this.#valueOf(kind, id)
    if (value === undefined) {
      this.#file.remove(kind, id)
    } else {
      this.#file.put(kind, id, value)
    }
  }

  #valueOf(kind: Kind, id: string): unknown {
    const { guilds, application, cdn, nitro } = this.#world
    const { bot, commands } = application
    if (kind === 'application') {
      const sets = {
        installedBy: [...application.installedBy],
        blockedBy: [...application.blockedBy],
        nitro: [...nitro],
      }
      return { bot, cdnSecret: cdn.secret, commands, ...sets } satisfies ApplicationRecord
    }
    const guild = guilds.get(id)
    return kind === 'guild' && guild ? guildRecord(guild) : undefined
  }

  #writeAudit(id: string): void {
    const logs = [...this.#world.guilds.values()].map(({ auditLog }) => auditLog)
    const entry = logs.map((log) => log.findLast((one) => one.id === id)).find(Boolean)
    if (entry) {
      this.#file.put('audit', id, entry)
    }
    // Delete the entries that no guild keeps any more.
    const [oldest] = logs.flatMap(([first]) => first?.id ?? []).toSorted(compareIds)
    if (oldest !== undefined) {
      this.#file.removeRange('audit', '0', oldest)
    }
  }

  #writeMessage(id: string): void {
    const [channelId = '', messageId = ''] = id.split('/')
    const message = this.#world.messages.get(channelId)?.get(messageId)
    if (!message) {
      return this.#file.remove('message', id)
    }
    this.#file.put('message', id, messageRecord(message))
  }

  #writeChannel(id: string): void {
    const channel = this.#world.channels.get(id)
    if (!channel) {
      this.#file.remove('channel', id)
      // '0' is the character after '/': all messages of the channel.
      this.#file.removeRange('message', `${id}/`, `${id}0`)
      return
    }
    this.#file.put('channel', id, channel)
    const [oldest] = this.#world.messages.get(id)?.keys() ?? []
    // Delete the messages beyond the world's maximum.
    if (oldest !== undefined) {
      this.#file.removeRange('message', `${id}/`, `${id}/${oldest}`)
    }
  }

  #writeInteraction(id: string): void {
    const interaction = this.#interactions.get(id)
    if (!interaction) {
      return
    }
    this.#file.put('interaction', id, interactionRecord(interaction))
    const before = this.#world.clock.now() - INTERACTION_LIFE_MS
    this.#file.removeRange('interaction', '0', snowflakeAt(before))
  }
}

function idIn(data: object): string {
  return 'id' in data ? String(data.id) : ''
}

function guildIdOf(event: WorldEvent): string {
  if ('guild' in event) {
    return event.guild.id
  }
  if ('role' in event) {
    return event.role.guildId
  }
  if ('member' in event) {
    return event.member.guildId
  }
  return 'guildId' in event ? (event.guildId ?? '') : ''
}
