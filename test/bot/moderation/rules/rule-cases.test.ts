/** Cases of rules: what Confirm does, and that they speak of the rule, not of scams. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { EN } from '../../../../commands/i18n/en.ts'
import type { Model } from '../../../../inference/contract/types.ts'
import { button, hearts } from '../../../helpers/demo-bot.ts'
import { openDemoModel } from '../../../helpers/shared-model.ts'
import { type ModeratedServer, startModeratedServer } from '../../../helpers/moderated-server.ts'

const { buttons, case: words, menus, told } = EN.moderation
const HEARTS = { name: 'no *hearts*', question: 'is there a red heart?', threshold: 60 }

describe('a case of a rule', { timeout: 120_000 }, () => {
  let model: Model
  let server: ModeratedServer

  before(async () => {
    model = await openDemoModel()
  })
  after(() => model.close())
  beforeEach(async () => {
    server = await startModeratedServer({}, model)
    await server.setUp({ mode: 'approve' })
  })
  afterEach(() => server.close())

  /** Adds the rule and posts a picture that it has a hit for. */
  async function hit(options: Record<string, string | number> = {}) {
    await server.mo.slash('moderation rule add', { ...HEARTS, ...options })
    server.ada.switchTo('general')
    const posted = await server.ada.upload(hearts())
    return { posted, caseMessage: await server.aCase(/What I see: .*heart/) }
  }

  async function press(label: string, caseMessage: Awaited<ReturnType<typeof hit>>['caseMessage']) {
    await server.mo.press(caseMessage, button(caseMessage, label))
  }

  function notice(pattern: RegExp) {
    return server.ada.until(({ message }) => pattern.test(message?.content ?? ''))
  }

  function isTimedOut(): boolean {
    const [guild] = server.sandbox.world.guilds.values()
    return (guild!.members.get(server.ada.id)!.timeoutUntilMs ?? 0) > Date.now()
  }

  it('that flags only counts when it is confirmed', async () => {
    const { posted, caseMessage } = await hit()
    await press(buttons.confirm, caseMessage)
    const { content } = await server.aCase(/— confirmed\n/)
    assert.doesNotMatch(content, /scam|list|Removed|told|Timed out/)
    assert.equal(server.isDeleted(posted), false)
    const list = await server.mo.slash('moderation hash list')
    assert.equal(list.content, EN.moderation.hashes.none)
    const stats = await server.mo.slash('moderation rule stats', { name: HEARTS.name })
    assert.match(stats.content, /Hits: 1 — 1 confirmed/)
  })

  it('that removes does so, and names the rule to the member', async () => {
    const { posted, caseMessage } = await hit({ action: 'remove' })
    await press(buttons.confirm, caseMessage)
    const { message } = await notice(/breaks a rule/)
    assert.match(
      message!.content,
      /breaks a rule of that server: no \\\*hearts\\\*\. It was removed\./,
    )
    assert.doesNotMatch(message!.content, /scam|account|password|write there again/)
    assert.ok(server.isDeleted(posted))
    assert.equal(isTimedOut(), false)
    const [guild] = server.sandbox.world.guilds.values()
    const reasons = guild!.auditLog.map(({ reason }) => reason)
    assert.ok(reasons.includes(words.reason('1', words.breaks(['no *hearts*']))), reasons.join())

    await press(buttons.undo, await server.aCase(/— confirmed\n/))
    const { message: sorry } = await notice(/took that back/)
    assert.match(sorry!.content, /breaks no rule/)
    assert.ok(sorry!.content.includes(told.notRestored) && !sorry!.content.includes(told.lifted))
  })

  it('times out only if the rule asks for it', async () => {
    const { caseMessage } = await hit({ action: 'remove', timeout: 10 })
    await press(buttons.confirm, caseMessage)
    const { message } = await notice(/breaks a rule/)
    assert.match(message!.content, /write there again/)
    assert.ok(isTimedOut())
  })

  it('becomes one of a scam if staff mark it', async () => {
    const { posted } = await hit()
    server.mo.switchTo('general')
    await server.mo.menu(menus.mark, posted)
    server.mo.switchTo('mod-log')
    const { content } = await server.aCase(/list of scams/)
    assert.match(content, /marked by/)
    await notice(/taken for a scam and removed/)
    const list = await server.mo.slash('moderation hash list')
    assert.match(list.content, /\*\*1 picture\*\*/)
  })
})
