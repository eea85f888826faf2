/** Lists that a bot may read at its start, and that are empty in a small guild. */

import assert from 'node:assert/strict'
import { Routes } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import type { Contract, Source } from '../contract.ts'
import type { Stage } from '../stage.ts'

type Row = {
  readonly what: string
  readonly source: Source
  readonly route: (stage: Stage) => `/${string}`
}

const ROWS: readonly Row[] = [
  {
    what: 'emojis',
    source: 'resources/emoji#list-guild-emojis',
    route: ({ guild }) => Routes.guildEmojis(guild.id),
  },
  {
    what: 'stickers',
    source: 'resources/sticker#list-guild-stickers',
    route: ({ guild }) => Routes.guildStickers(guild.id),
  },
  {
    what: 'scheduled events',
    source: 'resources/guild-scheduled-event#list-scheduled-events-for-guild',
    route: ({ guild }) => Routes.guildScheduledEvents(guild.id),
  },
  {
    what: 'invites',
    source: 'resources/guild#get-guild-invites',
    route: ({ guild }) => Routes.guildInvites(guild.id),
  },
  {
    what: 'AutoMod rules',
    source: 'resources/auto-moderation#list-auto-moderation-rules-for-guild',
    route: ({ guild }) => Routes.guildAutoModerationRules(guild.id),
  },
  {
    what: 'invites of a channel',
    source: 'resources/channel#get-channel-invites',
    route: ({ general }) => Routes.channelInvites(general.id),
  },
]

/** Cases of lists. */
export function listCases(contract: Contract): void {
  for (const { what, source, route } of ROWS) {
    contract(`lists ${what}`, source, async (stage) => {
      assert.deepEqual(await typed<unknown[]>(stage.rest.get(route(stage))), [])
    })
  }

  contract('lists integrations', 'resources/guild#get-guild-integrations', async (stage) => {
    const path = Routes.guildIntegrations(stage.guild.id)
    assert.ok(Array.isArray(await typed<unknown>(stage.rest.get(path))))
  })

  contract(
    'lists the application’s emojis',
    'resources/emoji#list-application-emojis',
    async (stage) => {
      const path = Routes.applicationEmojis(stage.client.application.id)
      assert.deepEqual(await typed<object>(stage.rest.get(path)), { items: [] })
    },
  )

  contract('lists sounds', 'resources/soundboard#list-guild-soundboard-sounds', async (stage) => {
    const path = Routes.guildSoundboardSounds(stage.guild.id)
    assert.deepEqual(await typed<object>(stage.rest.get(path)), { items: [] })
  })
}
