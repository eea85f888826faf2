/** The settings of a server: thresholds, staff, and exemptions. */

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { PERMISSION } from 'loopback-discord/permissions'
import { EN } from '../../../commands/i18n/en.ts'
import type { Model } from '../../../inference/contract/types.ts'
import { button, hearts, scene } from '../../helpers/demo-bot.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'
import { type ModeratedServer, startModeratedServer } from '../../helpers/moderated-server.ts'

const { buttons, case: words } = EN.moderation

describe('what managers choose', () => {
  let model: Model
  let server: ModeratedServer

  before(async () => {
    model = await openDemoModel()
  })
  after(() => model.close())
  beforeEach(async () => {
    server = await startModeratedServer({}, model)
  })
  afterEach(() => server.close())

  /** Gives someone a role without any permission, with a place in the log channel. */
  function giveRole(memberId: string, name: string): string {
    const { world } = server.sandbox
    const [guild] = world.guilds.values()
    const role = world.addRole(guild!, { name, permissions: 0n, position: 1 })
    const member = guild!.members.get(memberId)!
    member.roles = [...member.roles, role.id]
    world.emit({ name: 'GUILD_MEMBER_UPDATE', member })
    const log = [...world.channels.values()].find((channel) => channel.name === 'mod-log')!
    const allow = PERMISSION.viewChannel
    log.overwrites.set(role.id, { id: role.id, type: 0, allow, deny: 0n })
    return role.id
  }

  it('a burst follows the settings of the server', { timeout: 60_000 }, async () => {
    await server.setUp({ 'burst-channels': 2, 'burst-minutes': 1 })
    const posted = await server.post(scene())
    const caseMessage = await server.aCase(/the same picture in 2 channels/)
    // Any two: they are decoded at once, and the one that is compared first may be the last.
    const copies = posted.filter(({ id }) => caseMessage.content.includes(id))
    assert.ok(copies.length >= 2, caseMessage.content)
    await server.aCase(/Where \(3 messages\)/)
    assert.equal(server.cases().length, 1)
  })

  it('the owner and exempt roles are exempt', { timeout: 60_000 }, async () => {
    await server.setUp({ 'burst-channels': 2 })
    const lin = await server.join('lin')
    await server.mo.slash('moderation exempt', { role: giveRole(lin.id, 'Trusted') })
    await server.post(scene(), lin)
    await server.post(scene(), await server.join('kit'))
    await server.post(hearts())
    const caseMessage = await server.aCase(/channels/)
    assert.match(caseMessage.content, new RegExp(server.ada.id))
    assert.equal(server.cases().length, 1)
  })

  it('a staff role decides, and is exempt', { timeout: 60_000 }, async () => {
    const lin = await server.join('lin', { channel: 'general' })
    await server.setUp({ staff: giveRole(lin.id, 'Helpers') })
    await server.post(scene(), lin)
    await server.post(hearts())
    const caseMessage = await server.aCase(/What I see: .*heart/)
    assert.equal(server.cases().length, 1)
    const helper = await server.join('lin', { channel: 'mod-log' })
    await helper.press(caseMessage, button(caseMessage, buttons.dismiss))
    const decided = await server.aCase(/— dismissed/)
    assert.match(decided.content, new RegExp(`Dismiss: <@${lin.id}>`))
  })

  it('the evidence is a small WebP with alternative text', { timeout: 60_000 }, async () => {
    await server.setUp()
    await server.post(scene())
    const { message } = await server.mo.until(
      ({ message: now }) => now?.attachments[0]?.description?.includes('red circle') === true,
    )
    const [evidence] = message!.attachments
    assert.equal(evidence!.description?.startsWith(words.evidence('').trim()), true)
    assert.match(evidence!.filename, /^SPOILER_.*\.webp$/)
    const file = new Uint8Array(await (await fetch(evidence!.url)).arrayBuffer())
    assert.equal(Buffer.from(file.subarray(8, 12)).toString(), 'WEBP')
    assert.notDeepEqual(file, scene().bytes)
  })
})
