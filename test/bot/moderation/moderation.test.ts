/** Moderation end to end: setup, a wave, a case, a decision, the next wave, undo. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import type { Member } from 'loopback-discord/client'
import sharp from 'sharp'
import { EN } from '../../../commands/i18n/en.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { button, hearts, scene } from '../../helpers/demo-bot.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'
import { type ModeratedServer, startModeratedServer } from '../../helpers/moderated-server.ts'

const { errors } = EN
const { buttons, menus, setup } = EN.moderation

function tooLate(member: Member) {
  return member.until(({ message }) => message?.content.startsWith('Too late') === true)
}

describe('moderation', { timeout: 120_000 }, () => {
  let model: Model
  let server: ModeratedServer
  let mo: Member
  let ada: Member

  before(async () => {
    model = await openDemoModel()
  })
  after(() => model.close())
  beforeEach(async () => {
    server = await startModeratedServer({}, model)
    mo = server.mo
    ada = server.ada
  })
  afterEach(() => server.close())

  it('a newcomer: log only, one case, confirmed; the next wave is removed, then undone', async () => {
    const answer = await server.setUp()
    assert.match(answer.content, /Mode: Log only/)
    assert.match(answer.content, new RegExp(setup.fine))

    const first = await server.post(scene())
    const caseMessage = await server.aCase(/What I see: .*red circle/)
    assert.match(caseMessage.content, /the same picture in 3 channels/)
    assert.match(caseMessage.content, /to be decided/)
    for (const { id } of first) {
      assert.ok(caseMessage.content.includes(id), 'a link to each copy')
    }
    assert.match(caseMessage.content, /^- the account is 0 days old$/m)
    const [evidence] = caseMessage.attachments
    assert.match(evidence?.filename ?? '', /^SPOILER_/)
    assert.equal(server.cases().length, 1)
    assert.ok(!first.some((message) => server.isDeleted(message)))

    const press = await mo.press(caseMessage, button(caseMessage, buttons.confirm))
    const offer = await mo.answer(press)
    assert.equal(offer.content, EN.moderation.enforce.offer)
    await server.aCase(/— confirmed\n/)
    const enforce = await mo.press(offer, button(offer, buttons.enforce))
    await mo.until(({ message }) => message?.content === EN.moderation.enforce.done)
    assert.ok(enforce)

    const second = await server.post(scene())
    const removed = await server.aCase(/Removed: 3 of 3/, new Set([caseMessage.id]))
    assert.match(removed.content, /removed by itself/)
    assert.match(removed.content, /staff here confirmed this picture/)
    assert.match(removed.content, /Timed out until/)
    assert.equal(server.cases().length, 2)
    await Promise.all(second.map(({ id }) => ada.until((t) => t.type === 'deleted' && t.id === id)))
    assert.ok(!first.some((message) => server.isDeleted(message)))

    await server.aCase(/What I see: .*red circle/, new Set([caseMessage.id]))
    await mo.press(removed, button(removed, buttons.undo))
    const undone = await server.aCase(/— undone\n/, new Set([caseMessage.id]))
    assert.match(undone.content, /taken off the list/)
    assert.match(undone.content, /The timeout was lifted/)
    assert.match(undone.content, /a mistake/)
    const list = await mo.slash('moderation hash list')
    assert.equal(list.content, EN.moderation.hashes.none)
    ada.switchTo('general')
    assert.equal((await ada.say('hello again')).content, 'hello again')
  })

  it('looks at a file that is cut short, as people see it', async () => {
    await server.setUp()
    const whole = await sharp(scene().bytes).jpeg({ quality: 95 }).toBuffer()
    const cut = { name: 'cut.jpg', bytes: new Uint8Array(whole.subarray(0, whole.length - 2)) }
    for (const channel of ['general', 'memes', 'after-hours']) {
      ada.switchTo(channel)
      await ada.upload(cut)
    }
    const caseMessage = await server.aCase(/What I see: .*red circle/)
    assert.match(caseMessage.attachments[0]?.filename ?? '', /^SPOILER_/)
  })

  it('names the case in the audit log', async () => {
    await server.setUp({ mode: 'act' })
    ada.switchTo('general')
    const message = await ada.upload(scene())
    mo.switchTo('general')
    await mo.menu(menus.mark, message)
    mo.switchTo('mod-log')
    await server.aCase(/Removed: 1 of 1/)
    const [guild] = server.sandbox.world.guilds.values()
    const reasons = guild!.auditLog.map(({ reason }) => reason)
    assert.ok(reasons.includes(EN.moderation.case.reason('1', 'scam picture removed')))
    assert.ok(reasons.includes(EN.moderation.case.reason('1', 'scam picture')))
  })

  it('examines nothing when off or paused, or for exempt members and staff', async () => {
    await server.setUp({ mode: 'off' })
    await server.post(scene())
    await server.setUp({ mode: 'log' })
    await mo.slash('moderation pause')
    await server.post(scene())
    await mo.slash('moderation resume')
    await server.post(scene(), await server.join('mo'))
    ada.switchTo('general')
    const exempt = ada.channelId
    await mo.slash('moderation exempt', { channel: exempt })
    await server.post(hearts())
    // A wave that becomes a case, as a sign that all earlier events were handled.
    await mo.slash('moderation exempt', { channel: exempt })
    await server.post(scene(), await server.join('lin'))
    const caseMessage = await server.aCase(/burst|3 channels/)
    assert.equal(server.cases().length, 1)
    assert.match(caseMessage.content, new RegExp((await server.join('lin')).id))
  })

  it('two moderators who click at once decide once', async () => {
    await server.setUp({ mode: 'approve' })
    const kit = await server.join('kit', { channel: 'mod-log' })
    const posted = await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    const presses = await Promise.all([
      mo.press(caseMessage, button(caseMessage, buttons.confirm)),
      kit.press(caseMessage, button(caseMessage, buttons.dismiss)),
    ])
    assert.equal(presses.length, 2)
    await Promise.race([tooLate(mo), tooLate(kit)])
    const decided = await server.aCase(/— (confirmed|dismissed)\n/)
    const confirmed = /— confirmed/.test(decided.content)
    if (confirmed) {
      await server.aCase(/Removed: 3 of 3/)
      assert.ok(posted.every((message) => server.isDeleted(message)))
    }
    assert.equal(server.cases().length, 1)
    const { content } = server.cases()[0]!
    assert.equal(/^Confirm: /m.test(content), confirmed)
    assert.equal(/^Dismiss: /m.test(content), !confirmed)
  })

  it('a dismissal wins: the picture is not flagged again', async () => {
    await server.setUp()
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    await mo.press(caseMessage, button(caseMessage, buttons.dismiss))
    await server.aCase(/list of harmless pictures/)
    const lin = await server.join('lin')
    await server.post(scene(), lin)
    await server.post(hearts(), lin)
    await server.aCase(/heart/, new Set([caseMessage.id]))
    assert.equal(server.cases().length, 2)
  })

  it('checks the roles at the time of the click', async () => {
    await server.setUp()
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    const { world } = server.sandbox
    const [guild] = world.guilds.values()
    const member = guild!.members.get(mo.id)!
    const roles = member.roles
    const owner = await server.join('kit', { channel: 'mod-log' })
    // Still sees the channel, but no longer holds the role that decides.
    const role = guild!.roles.get(roles[0]!)!
    const before = role.permissions
    role.permissions = 0n
    const refused = await mo.answer(
      await mo.press(caseMessage, button(caseMessage, buttons.confirm)),
    )
    assert.equal(refused.content, errors['permission/staff'])
    role.permissions = before
    await owner.press(caseMessage, button(caseMessage, buttons.confirm))
    await server.aCase(/— confirmed\n/)
  })

  it('the member gets a direct message and appeals once; staff see it', async () => {
    await server.setUp({ mode: 'approve' })
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    await mo.press(caseMessage, button(caseMessage, buttons.confirm))
    const { message: told } = await ada.until(
      ({ message: now }) => now?.content.includes('change your password') === true,
    )
    ada.switchTo(told!.channel_id)
    const modal = await ada.modal(await ada.press(told!, button(told!, buttons.appeal)))
    await ada.submit(modal, { answer: 'My account was stolen.' })
    await server.aCase(/The member answers: My account was stolen\./)
    const again = await ada.answer(await ada.press(told!, button(told!, buttons.appeal)))
    assert.equal(again.content, errors['case/appealed'])
  })
})
