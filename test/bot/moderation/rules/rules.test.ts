/** Questions as rules, through discord.js and the sandbox, answered by the demo model. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { APIMessage } from 'discord.js'
import type { CommandOptions } from 'loopback-discord/client-form'
import { type Case, caseSchema } from '../../../../bot/moderation/cases/case-record.ts'
import { RuleStore } from '../../../../bot/moderation/rules/rule-store.ts'
import type { Collection } from '../../../../bot/store/types.ts'
import { renderScene } from '../../../../bench/quality/scene-svg.ts'
import { EN } from '../../../../commands/i18n/en.ts'
import { button, hearts, scene, triangle } from '../../../helpers/demo-bot.ts'
import {
  disguised,
  type ModeratedServer,
  startModeratedServer,
} from '../../../helpers/moderated-server.ts'

const words = EN.moderationRules
const HEARTS = { name: 'hearts', question: 'is there a red heart?', threshold: 60 }

describe('/moderation rule', () => {
  let server: ModeratedServer
  const seen = new Set<string>()

  before(async () => {
    server = await startModeratedServer()
    await server.setUp()
  })
  after(() => server.close())

  const rule = (name: string, options: CommandOptions = {}) =>
    server.mo.slash(`moderation rule ${name}`, options)
  /** A case that did not exist at the last call. */
  const nextCase = async (pattern: RegExp): Promise<APIMessage> => {
    const caseMessage = await server.aCase(pattern, seen)
    seen.add(caseMessage.id)
    return caseMessage
  }
  const post = (channel: string, picture: ReturnType<typeof scene>) => {
    server.ada.switchTo(channel)
    return server.ada.upload(picture)
  }

  it('says that there are no rules, and tests a picture once there is one', async () => {
    assert.equal((await rule('list')).content, EN.errors['rule/none'])
    const added = (await rule('add', HEARTS)).content.split('\n')
    assert.deepEqual(added, [
      words.added('hearts'),
      words.warnings.onlyKnows(server.demo.bot.model.card.domain!.knows),
      words.offerTest('hearts'),
    ])
    await rule('add', { name: 'Stars', question: 'is there a yellow star?', threshold: 90 })
    const listed = (await rule('list')).content
    assert.match(listed, /2 of 10[^]*“is there a red heart\?”, from 60 %, flags[^]*Stars/)
    const tested = (await rule('test', { image: scene() })).content
    assert.match(tested, /\*\*hearts\*\*: [\d.]+ % yes \(a hit from 60 %\)\n/)
    assert.match(tested, /\*\*Stars\*\*: (9[\d.]+|100) % yes .* — \*\*a hit\*\*/)
    assert.equal((await rule('remove', { name: 'stars' })).content, words.removed)
    assert.equal(
      (await rule('remove', { name: 'stars' })).content,
      EN.errors['rule/unknown']({ name: 'stars' }),
    )
  })

  it('refuses a question with words that the model does not know', async () => {
    const answer = await rule('add', { ...HEARTS, question: 'is there a *dragon*?' })
    assert.equal(answer.content, EN.errors['rule/words']({ words: ['dragon'] }))
  })

  it('refuses text that names no channel', async () => {
    const answer = await rule('add', { ...HEARTS, channels: 'general' })
    assert.equal(answer.content, EN.errors['rule/no-channels'])
  })

  it('opens a case for a hit, and for nothing else', async () => {
    await post('general', triangle())
    const posted = await post('general', hearts())
    const caseMessage = await nextCase(/What I see: .*heart/)
    assert.match(caseMessage.content, /the question “hearts” is answered yes with [\d.]+ %$/m)
    assert.match(caseMessage.content, new RegExp(`/${posted.id}`))
    assert.equal(server.cases().length, 1)
    assert.equal(server.isDeleted(posted), false)
    await server.mo.press(caseMessage, button(caseMessage, EN.moderation.buttons.confirm))
    await server.mo.changed(caseMessage, ({ content }) => content.includes('Confirm: '))
  })

  it('shows its statistics, with a chart that has alternative text', async () => {
    const answer = await rule('stats', { name: 'Hearts' })
    assert.match(answer.content, /Hits: 1 — 1 confirmed, 0 dismissed, 0 not decided/)
    assert.match(answer.content, /100 % of 1 \(95 % interval 20\.\d+ % to 100 %\)/)
    assert.ok(answer.content.includes(words.stats.noSuggestion(20, 0.95)))
    assert.ok(answer.content.includes(words.stats.onlyFlags))
    const [chart] = answer.attachments
    assert.equal(chart?.filename, 'rule.png')
    assert.match(chart?.description ?? '', /100%: 1\/0/)
  })

  it('skips age-restricted channels unless they are enabled', async () => {
    const triangles = { name: 'triangles', question: 'is there a green triangle?', threshold: 60 }
    await rule('add', triangles)
    const before = server.cases().length
    await post('after-hours', triangle())
    const lin = await server.join('lin', { channel: 'general' })
    const open = await lin.upload(triangle())
    const caseMessage = await nextCase(/question “triangles”/)
    assert.match(caseMessage.content, new RegExp(`/${open.id}`))
    assert.equal(server.cases().length, before + 1)

    await rule('add', { ...triangles, 'age-restricted': true })
    const posted = await post('after-hours', triangle())
    assert.match((await nextCase(/question “triangles”/)).content, new RegExp(`/${posted.id}`))
    await rule('remove', { name: 'triangles' })
  })

  it('applies to its own channels only', async () => {
    const lin = await server.join('lin', { channel: 'memes' })
    const circles = { name: 'here', question: 'is there a red circle?', threshold: 60 }
    await rule('add', { ...circles, channels: `<#${lin.channelId}>` })
    const before = server.cases().length
    await post('general', scene())
    const posted = await lin.upload(scene())
    const caseMessage = await nextCase(/question “here”/)
    assert.match(caseMessage.content, new RegExp(`/${posted.id}`))
    assert.equal(server.cases().length, before + 1)
    await rule('remove', { name: 'here' })
  })

  it('deletes only in mode act, with twenty decided hits of which enough were right', async () => {
    await server.setUp({ mode: 'act' })
    const { content } = await rule('add', {
      name: 'stars',
      question: 'is there a yellow star?',
      threshold: 60,
      action: 'remove',
    })
    assert.ok(content.includes(words.mayRemove(20, 0.95)))
    const { store } = server.demo.bot
    const cases: Collection<Case> = store.collection({
      name: 'moderation-cases',
      ttlMs: 60_000,
      decode: (data) => caseSchema.parse(data),
    })
    const guildId = server.demo.bot.client.guilds.cache.firstKey() ?? ''
    const { id } = await new RuleStore(store).named(guildId, 'stars')
    for (let i = 0; i < 19; i++) {
      await cases.set(`${guildId}/${i}`, reviewed(`${i}`, guildId, id))
    }
    const first = await post('general', scene())
    const caseMessage = await nextCase(/question “stars”/)
    await server.mo.press(caseMessage, button(caseMessage, EN.moderation.buttons.confirm))
    await server.ada.until(({ type, id: gone }) => type === 'deleted' && gone === first.id)
    const decided = await server.mo.changed(caseMessage, (now) => now.content.includes('Confirm: '))
    assert.doesNotMatch(decided.content, /Delete: Sightseer/, 'nineteen are not enough')
    assert.match((await rule('stats', { name: 'stars' })).content, /It may remove\./)

    // Another picture with a yellow star, by another member, without a decision.
    const lin = await server.join('lin')
    const other = await lin.upload(await star())
    const removed = await nextCase(/Delete: Sightseer/)
    assert.match(removed.content, /to be decided[^]*question “stars”/)
    await lin.until(({ type, id: gone }) => type === 'deleted' && gone === other.id)
  })

  it('skips pictures that staff dismissed', async () => {
    const lin = await server.join('lin', { channel: 'general' })
    const harmless = { name: 'circle.jpg', bytes: await drawn('red', 'circle', 6) }
    const message = await lin.upload(harmless)
    server.mo.switchTo('general')
    const answer = await server.mo.menu(EN.moderation.menus.allow, message)
    assert.equal(answer.content, EN.moderation.menu.allowed)
    await rule('add', { name: 'circles', question: 'is there a red circle?', threshold: 60 })
    const before = server.cases().length
    await lin.upload(await disguised(harmless))
    const other = await lin.upload({ name: 'other.jpg', bytes: await drawn('red', 'circle', 7, 0) })
    const caseMessage = await nextCase(/question “circles”/)
    assert.match(caseMessage.content, new RegExp(`/${other.id}`))
    assert.equal(server.cases().length, before + 1)
  })
})

/** A large yellow star, as none of the samples has one. */
async function star() {
  return { name: 'star.jpg', bytes: await drawn('yellow', 'star', 5) }
}

function drawn(color: string, shape: string, seed: number, cell = 4) {
  return renderScene(
    { background: 'black', objects: [{ shape, color, size: 'medium', cell }] },
    seed,
  )
}

/** A case of the rule that staff confirmed. */
function reviewed(id: string, guildId: string, rule: string): Case {
  return {
    id,
    number: null,
    guildId,
    memberId: '100000000000000000',
    joinedAt: null,
    createdAt: Date.now(),
    locale: 'en-US',
    copies: [],
    prints: [],
    reasons: [{ kind: 'rule', weight: 3, rule, name: 'stars', score: 0.9 }],
    matched: null,
    captions: [],
    words: null,
    state: 'confirmed',
    removes: false,
    automatic: false,
    steps: [],
    log: null,
    timeoutUntil: null,
    events: [{ at: Date.now(), by: '100000000000000001', what: 'confirm' }],
    appeal: null,
  }
}
