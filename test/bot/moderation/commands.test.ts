/** The commands and menus of moderation, and what a case looks like. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ComponentType } from 'discord.js'
import { EN } from '../../../commands/i18n/en.ts'
import type { Member } from '../../../sandbox/client.ts'
import { button, buttonsOf, hearts, scene } from '../../helpers/demo-bot.ts'
import {
  disguised,
  type ModeratedServer,
  startModeratedServer,
} from '../../helpers/moderated-server.ts'

const { buttons, errors, menus } = EN.moderation

describe('the commands of moderation', { timeout: 120_000 }, () => {
  let server: ModeratedServer
  let mo: Member
  let ada: Member

  beforeEach(async () => {
    server = await startModeratedServer()
    mo = server.mo
    ada = server.ada
  })
  afterEach(() => server.close())

  it('a member tells staff by a report, once a minute', async () => {
    await server.setUp()
    ada.switchTo('general')
    const message = await ada.upload(hearts())
    const lin = await server.join('lin', { channel: 'general' })
    assert.equal((await lin.menu(menus.report, message)).content, EN.moderation.menu.reported)
    const found = await server.aCase(/reported by/)
    assert.match(found.content, new RegExp(lin.id))
    assert.equal((await lin.menu(menus.report, message)).content, errors.cooldown)
    assert.equal((await ada.menu(menus.report, message)).content, errors.ownMessage)
  })

  it('without a permission it says what it could not do, and setup says it before', async () => {
    await server.setUp({ mode: 'approve' })
    const { world } = server.sandbox
    const [guild] = world.guilds.values()
    const own = [...guild!.roles.values()].find(({ botId }) => botId !== null)!
    await server.post(scene())
    const found = await server.aCase(/red circle/)
    own.permissions &= ~(1n << 40n)
    own.permissions &= ~(1n << 13n)
    await mo.press(found, button(found, buttons.confirm))
    const now = await server.aCase(/Message not removed: I lack the permission/)
    assert.match(now.content, /Removed: 0 of 3/)
    assert.match(now.content, /Not timed out: I lack the permission/)
  })

  it('lists, tests, exports and imports', async () => {
    await server.setUp()
    const added = await mo.slash('moderation hash add', { image: scene(), note: 'a *casino*' })
    const [, code = ''] = /`([0-9a-f]{16})`/.exec(added.content) ?? []
    assert.match((await mo.slash('moderation hash list')).content, /a \\\*casino\\\*/)
    const tested = await mo.slash('moderation hash test', { image: await disguised(scene()) })
    assert.ok(tested.content.includes(`In the list as scam: \`${code}\``))
    const other = await mo.slash('moderation hash test', { image: hearts() })
    assert.match(other.content, new RegExp(EN.moderation.hashes.unknown))
    const exported = await mo.slash('moderation hash export')
    const response = await fetch(exported.attachments[0]!.url)
    const file = { name: 'hashes.json', bytes: new Uint8Array(await response.arrayBuffer()) }
    const removed = await mo.slash('moderation hash remove', { code })
    assert.equal(removed.content, EN.moderation.hashes.removed)
    const gone = await mo.slash('moderation hash remove', { code })
    assert.equal(gone.content, errors.unknownHash)
    const imported = await mo.slash('moderation hash import', { file })
    assert.match(imported.content, /Added: 1\./)
    assert.match((await mo.slash('moderation hash list')).content, /imported/)
    const bad = { name: 'hashes.json', bytes: new TextEncoder().encode('{"format": 2}') }
    assert.equal((await mo.slash('moderation hash import', { file: bad })).content, errors.badFile)
    // What another server confirmed is flagged, and never removed by itself.
    await server.setUp({ mode: 'act' })
    ada.switchTo('general')
    const message = await ada.upload(scene())
    const flagged = await server.aCase(/in a list imported from elsewhere/)
    assert.match(flagged.content, /to be decided/)
    assert.ok(!server.isDeleted(message))
  })

  it('shows the week with a chart that has words', async () => {
    await server.setUp()
    assert.equal((await mo.slash('moderation stats')).content, EN.moderation.stats.nothing)
    await server.post(scene())
    await server.aCase(/red circle/)
    const { content, attachments } = await mo.slash('moderation stats')
    assert.match(content, /1 case: 0 confirmed, 0 dismissed, 0 undone, 1 to be decided/)
    assert.match(content, /By reason: burst 1/)
    assert.match(attachments[0]?.description ?? '', /Bar chart of cases a day: .* 1$/)
  })

  it('shows and deletes what it keeps of a person, and forgets a server', async () => {
    await server.setUp()
    await server.post(scene())
    const found = await server.aCase(/red circle/)
    const exported = await ada.slash('privacy export')
    const records = await (await fetch(exported.attachments[0]!.url)).text()
    assert.match(records, /"moderation-case"/)
    assert.match(records, /"moderation-recent"/)
    await ada.slash('privacy delete')
    const answer = await mo.answer(await mo.press(found, button(found, buttons.confirm)))
    assert.equal(answer.content, errors.unknownCase)
  })

  it('keeps its text and six buttons; History lists the cases', async () => {
    await server.setUp()
    await server.post(scene())
    const found = await server.aCase(/red circle/)
    assert.deepEqual(
      buttonsOf(found).map(({ label }) => label),
      [
        buttons.confirm,
        buttons.dismiss,
        buttons.delete,
        buttons.timeout,
        buttons.undo,
        buttons.history,
      ],
    )
    const history = await mo.answer(await mo.press(found, button(found, buttons.history)))
    assert.match(history.content, /1 case on this server/)
    await mo.press(found, button(found, buttons.delete))
    await server.aCase(/Removed: 3 of 3/)
    await mo.press(found, button(found, buttons.timeout))
    const now = await server.aCase(/Timed out until/)
    assert.match(now.content, /the same picture in 3 channels/)
    const disabled = (now.components ?? []).flatMap((row) =>
      row.type === ComponentType.ActionRow
        ? row.components.flatMap((part) =>
            part.type === ComponentType.Button && 'label' in part && part.disabled === true
              ? [part.label]
              : [],
          )
        : [],
    )
    assert.deepEqual(disabled, [buttons.delete, buttons.timeout])
  })

  it('refuses setup to those who do not manage the server', async () => {
    const answer = await ada.slash('moderation status').catch((error: unknown) => error)
    assert.ok(answer instanceof Error, 'Discord does not offer it to them')
  })
})
