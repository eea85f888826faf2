/** discord.js's own client, case by case, against what Discord documents. */

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { answerCases } from './answers.ts'
import { channelCases } from './channels.ts'
import { commandCases } from './commands.ts'
import { componentCases } from './components.ts'
import { casesOf, type Contract } from './contract.ts'
import { embedCases } from './embeds.ts'
import { faultCases } from './faults.ts'
import { fileCases } from './files.ts'
import { gatewayCases } from './gateway.ts'
import { guildCases } from './guilds.ts'
import { httpCases } from './http.ts'
import { interactionCases } from './interactions.ts'
import { limitCases } from './limits.ts'
import { messageCases } from './messages.ts'
import { moderationCases } from './moderation.ts'
import { promptCases } from './prompts.ts'
import { reactionCases } from './reactions.ts'
import { shardingCases } from './sharding.ts'
import { clear, setStage, type Stage } from './stage.ts'
import { threadCases } from './threads.ts'

const AREAS: Readonly<Record<string, (contract: Contract) => void>> = {
  'the API': httpCases,
  messages: messageCases,
  'embeds and mentions': embedCases,
  components: componentCases,
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
  'the gateway': gatewayCases,
  'the gateway in numbers': shardingCases,
  'rate limits': limitCases,
  faults: faultCases,
}

const areas = Object.entries(AREAS).map(([name, write]) => ({ name, cases: casesOf(write) }))

describe('the contract', () => {
  let stage: Stage

  before(async () => {
    stage = await setStage()
  })

  afterEach(() => {
    stage.sandbox.faults.clear()
    stage.sandbox.check()
  })

  after(() => clear(stage))

  for (const { name, cases } of areas) {
    describe(name, () => {
      for (const { title, source, run } of cases) {
        it(`${title} [${source}]`, () => run(stage))
      }
    })
  }

  it('is long enough, and says each thing once', (t) => {
    const cases = areas.flatMap(({ cases }) => cases)
    const pages = new Set(cases.map(({ source }) => source.split('#')[0]))
    const titles = new Set(cases.map(({ title }) => title))
    t.diagnostic(`${cases.length} cases after ${pages.size} pages of Discord’s documentation`)
    assert.equal(titles.size, cases.length)
  })
})
