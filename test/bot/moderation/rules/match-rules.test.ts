/** Texts as rules, through discord.js and the sandbox, with a matcher of random weights. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { CommandOptions } from 'loopback-discord/client-form'
import { EN } from '../../../../commands/i18n/en.ts'
import { readConfig } from '../../../../config/config.ts'
import { openConfiguredModel } from '../../../../inference/configured-model.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import { button, hearts, photograph, triangle } from '../../../helpers/demo-bot.ts'
import { type ModeratedServer, startModeratedServer } from '../../../helpers/moderated-server.ts'
import { packageFor } from '../../../helpers/packages.ts'
import { DEMO_SETTINGS } from '../../../helpers/shared-model.ts'

const words = EN.moderationRules
const TEXT = 'a red circle'

describe('/moderation rule with a text to match', () => {
  let server: ModeratedServer
  let model: Model
  /** The picture that fits better, the other one, and percents of both and between them. */
  let better: ReturnType<typeof hearts>
  let worse: ReturnType<typeof hearts>
  let percent: { readonly better: number; readonly between: number }

  before(async () => {
    const SIGHTSEER_MATCHER = await packageFor('itm-common')
    model = await openConfiguredModel(readConfig({ ...DEMO_SETTINGS, SIGHTSEER_MATCHER }))
    server = await startModeratedServer({}, model)
    await server.setUp()
    const itmOf = async ({ bytes }: ReturnType<typeof hearts>) =>
      (await model.match(bytes, [TEXT]))[0]!.itm
    const [ofHearts, ofTriangle] = [await itmOf(hearts()), await itmOf(triangle())]
    const isHearts = ofHearts > ofTriangle
    better = isHearts ? hearts() : triangle()
    worse = isHearts ? triangle() : hearts()
    percent = {
      better: 100 * Math.max(ofHearts, ofTriangle),
      between: Number((50 * (ofHearts + ofTriangle)).toFixed(3)),
    }
  })
  after(async () => {
    await server.close()
    await model.close()
  })

  const rule = (name: string, options: CommandOptions = {}) =>
    server.mo.slash(`moderation rule ${name}`, options)

  it('adds it with a threshold, lists and tests it', async () => {
    const add = { name: 'circles', match: TEXT, threshold: percent.between }
    const added = (await rule('add', add)).content.split('\n')
    assert.equal(added[0], words.added('circles'))
    assert.match(
      (await rule('list')).content,
      /\*\*circles\*\*: fits “a red circle”, from [\d.]+ %, flags/,
    )
    const tested = async (image: typeof better) => (await rule('test', { image })).content
    assert.match(
      await tested(better),
      /\*\*circles\*\*: fits by [\d.]+ % \(a hit .* — \*\*a hit\*\*/,
    )
    const other = await tested(worse)
    assert.match(other, /fits by/)
    assert.doesNotMatch(other, /\*\*a hit\*\*/)
  })

  it('opens a case for a hit, which counts in its statistics', async () => {
    server.ada.switchTo('general')
    await server.ada.upload(worse)
    await server.ada.upload(better)
    const caseMessage = await server.aCase(/by the rule “circles”/)
    const line = words.matchReason('circles', percent.better / 100, TEXT)
    assert.ok(caseMessage.content.includes(line), caseMessage.content)
    assert.equal(server.cases().length, 1)
    await server.mo.press(caseMessage, button(caseMessage, EN.moderation.buttons.confirm))
    await server.mo.changed(caseMessage, ({ content }) => content.includes('Confirm: '))
    const stats = await rule('stats', { name: 'circles' })
    assert.match(stats.content, /Hits: 1 — 1 confirmed, 0 dismissed, 0 not decided/)
    assert.equal(stats.attachments.length, 1)
    await rule('add', { name: 'circles', match: 'a blue square', threshold: 50 })
    assert.match((await rule('stats', { name: 'circles' })).content, /Hits: 0/)
  })

  it('takes a text or a question, not both, and warns of texts about what is meant', async () => {
    const both = { name: 'both', match: TEXT, question: 'is there a heart?', threshold: 50 }
    assert.equal((await rule('add', both)).content, EN.errors['rule/two-subjects'])
    assert.equal(
      (await rule('add', { name: 'both', match: TEXT })).content,
      EN.errors['rule/needs-threshold'],
    )
    const scam = await rule('add', { name: 'scam', match: 'a photo of a scam', threshold: 50 })
    assert.ok(scam.content.includes(words.warnings.meaning('scam')))
    await rule('remove', { name: 'scam' })
    const exported = await rule('words', { name: 'circles' })
    assert.equal(exported.content, EN.errors['rule/no-words']({ name: 'circles' }))
  })

  it('judges photographs too, as the matcher has no kind of pictures of its own', async () => {
    assert.match((await rule('test', { image: photograph() })).content, /\*\*circles\*\*: fits by/)
  })
})

describe('/moderation rule with a text and a matcher of drawings, beside a model of all kinds', () => {
  it('compares drawings, and says that it compares no photograph', async () => {
    const SIGHTSEER_MODEL = await packageFor('projected')
    const settings = { ...DEMO_SETTINGS, SIGHTSEER_MODEL, SIGHTSEER_MATCHER: 'demo-match' }
    const model = await openConfiguredModel(readConfig(settings))
    const server = await startModeratedServer({}, model)
    await using stack = new AsyncDisposableStack()
    stack.defer(() => model.close())
    stack.defer(() => server.close())
    await server.setUp()
    const add = { name: 'hearts', match: 'a red heart', threshold: 50 }
    await server.mo.slash('moderation rule add', add)
    const tested = async (image: ReturnType<typeof hearts>) =>
      (await server.mo.slash('moderation rule test', { image })).content
    assert.match(await tested(hearts()), /\*\*hearts\*\*: fits by .* — \*\*a hit\*\*/)
    assert.match(await tested(photograph()), /^My model for matching knows only drawings/)
  })
})

describe('/moderation rule with a text, without a matcher', () => {
  it('says what to pull', async () => {
    const server = await startModeratedServer()
    await using stack = new AsyncDisposableStack()
    stack.defer(() => server.close())
    await server.setUp()
    const options = { name: 'circles', match: TEXT, threshold: 60 }
    const { content } = await server.mo.slash('moderation rule add', options)
    assert.equal(content, EN.errors['rule/no-matcher'])
    assert.match(content, /npm run pull -- .*SIGHTSEER_MATCHER=/)
  })
})
