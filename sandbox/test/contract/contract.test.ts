/** discord.js's own client, case by case, against what Discord documents. */

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { answerCases } from './interactions/answers.ts'
import { apiRoutes } from '../../src/rest/api.ts'
import { RouteTable } from '../../src/rest/route.ts'
import { channelCases } from './guilds/channels.ts'
import { commandCases } from './interactions/commands.ts'
import { newComponentCases } from './messages/components-v2.ts'
import { componentCases } from './messages/components.ts'
import { casesOf } from './contract.ts'
import type { Contract } from './contract.ts'
import { embedCases } from './messages/embeds.ts'
import { faultCases } from './connection/faults.ts'
import { fileCases } from './messages/files.ts'
import { gatewayCases } from './connection/gateway.ts'
import { guildCases } from './guilds/guilds.ts'
import { httpCases } from './connection/http.ts'
import { interactionCases } from './interactions/interactions.ts'
import { limitCases } from './connection/limits.ts'
import { listCases } from './guilds/lists.ts'
import { messageCases } from './messages/messages.ts'
import { moderationCases } from './guilds/moderation.ts'
import { peopleCases } from './guilds/people.ts'
import { promptCases } from './interactions/prompts.ts'
import { rareCases } from './guilds/rare.ts'
import { reactionCases } from './messages/reactions.ts'
import { shardingCases } from './connection/sharding.ts'
import { closeStage, openStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { webhookCases } from './guilds/webhooks.ts'
import { threadCases } from './guilds/threads.ts'

/** How many cases the sandbox is to pass at least. */
const LEAST_CASES = 120

/** What a bot of this kind hears. Source: events/gateway-events, "Receive Events". */
const EVENTS = [
  'READY',
  'RESUMED',
  'CHANNEL_CREATE',
  'CHANNEL_UPDATE',
  'CHANNEL_DELETE',
  'CHANNEL_PINS_UPDATE',
  'THREAD_CREATE',
  'THREAD_UPDATE',
  'THREAD_DELETE',
  'THREAD_LIST_SYNC',
  'THREAD_MEMBERS_UPDATE',
  'GUILD_CREATE',
  'GUILD_UPDATE',
  'GUILD_DELETE',
  'GUILD_AUDIT_LOG_ENTRY_CREATE',
  'GUILD_BAN_ADD',
  'GUILD_BAN_REMOVE',
  'GUILD_MEMBER_ADD',
  'GUILD_MEMBER_UPDATE',
  'GUILD_MEMBER_REMOVE',
  'GUILD_MEMBERS_CHUNK',
  'GUILD_ROLE_CREATE',
  'GUILD_ROLE_UPDATE',
  'GUILD_ROLE_DELETE',
  'INTERACTION_CREATE',
  'MESSAGE_CREATE',
  'MESSAGE_UPDATE',
  'MESSAGE_DELETE',
  'MESSAGE_DELETE_BULK',
  'MESSAGE_REACTION_ADD',
  'MESSAGE_REACTION_REMOVE',
  'MESSAGE_REACTION_REMOVE_ALL',
  'MESSAGE_REACTION_REMOVE_EMOJI',
  'TYPING_START',
  'WEBHOOKS_UPDATE',
] as const

const AREAS: Readonly<Record<string, (contract: Contract) => void>> = {
  'the API': httpCases,
  messages: messageCases,
  'embeds and mentions': embedCases,
  components: componentCases,
  'Components V2': newComponentCases,
  files: fileCases,
  guilds: guildCases,
  channels: channelCases,
  threads: threadCases,
  'reactions, pins, bulk deletes, search': reactionCases,
  moderation: moderationCases,
  commands: commandCases,
  interactions: interactionCases,
  'modals and autocomplete': promptCases,
  'answers to interactions': answerCases,
  people: peopleCases,
  'rarer routes': rareCases,
  lists: listCases,
  webhooks: webhookCases,
  'the gateway': gatewayCases,
  'the gateway in numbers': shardingCases,
  'rate limits': limitCases,
  faults: faultCases,
}

const areas = Object.entries(AREAS).map(([name, write]) => ({ name, cases: casesOf(write) }))

describe('the contract', () => {
  let stage: Stage

  before(async () => {
    stage = await openStage()
  })

  afterEach(() => {
    stage.sandbox.faults.clear()
    stage.sandbox.check()
  })

  after(() => closeStage(stage))

  for (const { name, cases } of areas) {
    describe(name, () => {
      for (const { title, source, run } of cases) {
        it(`${title} [${source}]`, () => run(stage))
      }
    })
  }

  it('hears every event at least once', () => {
    const unheard = EVENTS.filter((name) => !stage.heard.has(name))
    assert.deepEqual(unheard, [])
  })

  it('asks every route at least once', () => {
    const router = new RouteTable(apiRoutes)
    const asked = new Set(
      [...stage.sandbox.reached].map((request) => {
        const [method, path] = request.split(' ')
        return router.find(method!, path!).route
      }),
    )
    const forgotten = apiRoutes.filter((route) => !asked.has(route))
    assert.deepEqual(
      forgotten.map(({ method, path }) => `${method} ${path}`),
      [],
    )
  })

  it('is long enough, and says each thing once', (t) => {
    const cases = areas.flatMap(({ cases }) => cases)
    const pages = new Set(cases.map(({ source }) => source.split('#')[0]))
    const titles = new Set(cases.map(({ title }) => title))
    t.diagnostic(`${cases.length} cases after ${pages.size} pages of Discord’s documentation`)
    assert.ok(cases.length >= LEAST_CASES)
    assert.equal(titles.size, cases.length)
  })
})
