/** The commands and menus of moderation, and the message of a case. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ComponentType, Events, Locale } from 'discord.js'
import sharp from 'sharp'
import type { Member } from 'loopback-discord/client'
import { removeMember } from 'loopback-discord/members'
import { EN } from '../../../commands/i18n/en.ts'
import type { Model } from '../../../inference/contract/types.ts'
import {
  deletePrivacy,
  button,
  buttonsOf,
  hearts,
  scene,
  triangle,
} from '../../helpers/demo-bot.ts'
import { openDemoModel } from '../../helpers/shared-model.ts'
import {
  disguised,
  type ModeratedServer,
  startModeratedServer,
} from '../../helpers/moderated-server.ts'

const { errors } = EN
const { buttons, menus } = EN.moderation

/** The collections that hold records of a server for longer than a task. */
const KINDS = [
  'moderation',
  'moderation-hashes',
  'moderation-recent',
  'moderation-cases',
  'moderation-reports',
  'moderation-rules',
  'moderation-reposts',
  'moderation-first',
]

function blank(): Promise<Buffer> {
  const create = { width: 64, height: 64, channels: 3, background: '#ddd' } as const
  return sharp({ create }).png().toBuffer()
}

describe('the commands of moderation', { timeout: 120_000 }, () => {
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

  it('a member can report once per minute', async () => {
    await server.setUp()
    ada.switchTo('general')
    const message = await ada.upload(hearts())
    const lin = await server.join('lin', { channel: 'general' })
    assert.equal((await lin.menu(menus.report, message)).content, EN.moderation.menu.reported)
    const caseMessage = await server.aCase(/reported by/)
    assert.match(caseMessage.content, new RegExp(lin.id))
    assert.equal((await lin.menu(menus.report, message)).content, errors['report/cooldown'])
    assert.equal((await ada.menu(menus.report, message)).content, errors['report/own-message'])
  })

  it('reports steps that failed for a missing permission, and setup warns of it', async () => {
    await server.setUp({ mode: 'approve' })
    const { world } = server.sandbox
    const [guild] = world.guilds.values()
    const own = [...guild!.roles.values()].find(({ botId }) => botId !== null)!
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    own.permissions &= ~(1n << 40n)
    own.permissions &= ~(1n << 13n)
    await mo.press(caseMessage, button(caseMessage, buttons.confirm))
    const now = await server.aCase(/Message not removed: I lack the permission/)
    assert.match(now.content, /Removed: 0 of 3/)
    assert.match(now.content, /Not timed out: I lack the permission/)
  })

  it('lists, tests, exports and imports', async () => {
    await server.setUp()
    const added = await mo.slash('moderation hash add', { image: scene(), note: 'a *casino*' })
    const [, code = ''] = /`([0-9a-f]{16}-[0-9a-f]{6})`/.exec(added.content) ?? []
    assert.match((await mo.slash('moderation hash list')).content, /a \\\*casino\\\*/)
    const tested = await mo.slash('moderation hash test', { image: scene() })
    assert.ok(tested.content.includes(`In the list as scam: \`${code}\``))
    const alike = await mo.slash('moderation hash test', { image: await disguised(scene()) })
    assert.ok(alike.content.includes(`It resembles \`${code}\``))
    const other = await mo.slash('moderation hash test', { image: hearts() })
    assert.match(other.content, new RegExp(EN.moderation.hashes.unknown))
    const exported = await mo.slash('moderation hash export')
    const response = await fetch(exported.attachments[0]!.url)
    const file = { name: 'hashes.json', bytes: new Uint8Array(await response.arrayBuffer()) }
    const removed = await mo.slash('moderation hash remove', { code })
    assert.equal(removed.content, EN.moderation.hashes.removed)
    const answer = await mo.slash('moderation hash remove', { code })
    assert.equal(answer.content, errors['hash/unknown'])
    const imported = await mo.slash('moderation hash import', { file })
    assert.match(imported.content, /Added: 1 picture\./)
    const repeated = await mo.slash('moderation hash import', { file })
    assert.match(
      repeated.content,
      /^Nothing new was added\. 1 picture of the file was in the list already\.$/,
    )
    assert.match((await mo.slash('moderation hash list')).content, /imported/)
    const bad = { name: 'hashes.json', bytes: new TextEncoder().encode('{"format": 2}') }
    assert.equal(
      (await mo.slash('moderation hash import', { file: bad })).content,
      errors['hash/bad-file'],
    )
    // A picture that another server confirmed is flagged, and never removed at once.
    await server.setUp({ mode: 'act' })
    ada.switchTo('general')
    const message = await ada.upload(scene())
    const flagged = await server.aCase(/in a list imported from elsewhere/)
    assert.match(flagged.content, /to be decided/)
    assert.ok(!server.isDeleted(message))
  })

  it('shows weekly stats with a chart that has alternative text', async () => {
    await server.setUp()
    assert.equal((await mo.slash('moderation stats')).content, EN.moderation.stats.nothing)
    await server.post(scene())
    await server.aCase(/red circle/)
    const { content, attachments } = await mo.slash('moderation stats')
    assert.match(content, /1 case: 0 confirmed, 0 dismissed, 0 undone, 1 to be decided/)
    assert.match(content, /By reason: burst 1/)
    assert.match(attachments[0]?.description ?? '', /Bar chart of cases a day: .* 1$/)
  })

  it('shows and deletes the records of a user, and of a server', async () => {
    await server.setUp()
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    const exported = await ada.slash('privacy export')
    const records = await (await fetch(exported.attachments[0]!.url)).text()
    assert.match(records, /"moderation-case"/)
    assert.match(records, /"moderation-recent"/)
    await deletePrivacy(ada)
    const answer = await mo.answer(
      await mo.press(caseMessage, button(caseMessage, buttons.confirm)),
    )
    assert.equal(answer.content, errors['case/unknown'])
  })

  it('a case keeps its text and six buttons; History lists the cases', async () => {
    await server.setUp()
    await server.post(scene())
    const caseMessage = await server.aCase(/red circle/)
    assert.deepEqual(
      buttonsOf(caseMessage).map(({ label }) => label),
      [
        buttons.confirm,
        buttons.dismiss,
        buttons.delete,
        buttons.timeout,
        buttons.undo,
        buttons.history,
      ],
    )
    const history = await mo.answer(
      await mo.press(caseMessage, button(caseMessage, buttons.history)),
    )
    assert.match(history.content, /1 case on this server/)
    await mo.press(caseMessage, button(caseMessage, buttons.delete))
    await server.aCase(/Removed: 3 of 3/)
    await mo.press(caseMessage, button(caseMessage, buttons.timeout))
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

  it('refuses setup without Manage Server', async () => {
    const answer = await ada.slash('moderation status').catch((error: unknown) => error)
    assert.ok(answer instanceof Error, 'Discord does not offer it to them')
  })

  it('setup warns of missing permissions', async () => {
    const { world } = server.sandbox
    const [guild] = world.guilds.values()
    const role = [...guild!.roles.values()].find(({ botId }) => botId !== null)!
    const { client } = server.demo.bot
    const heard = once(client, Events.GuildRoleUpdate)
    role.permissions &= ~((1n << 40n) | (1n << 13n) | (1n << 15n))
    guild!.roles.get(guild!.id)!.permissions &= ~(1n << 15n)
    world.emit({ name: 'GUILD_ROLE_UPDATE', role: guild!.roles.get(guild!.id)! })
    world.emit({ name: 'GUILD_ROLE_UPDATE', role })
    await heard
    const { content } = await server.setUp()
    assert.match(content, /I lack ManageMessages, so I cannot remove messages/)
    assert.match(content, /I lack ModerateMembers, so I cannot time anyone out/)
    assert.match(content, /I lack AttachFiles \(<#\d+>\), so I cannot show the picture/)
  })

  it('refuses resume before setup, and invalid input', async () => {
    assert.equal((await mo.slash('moderation resume')).content, errors['moderation/not-set-up'])
    assert.equal(
      (await mo.slash('moderation setup', { mode: 'act' })).content,
      errors['moderation/needs-channel'],
    )
    assert.equal(
      (await mo.slash('moderation exempt')).content,
      errors['moderation/needs-role-or-channel'],
    )
    const plain = { name: 'plain.png', bytes: new Uint8Array(await blank()) }
    const added = await mo.slash('moderation hash add', { image: plain })
    assert.equal(added.content, errors['image/plain'])
  })

  it('uses the language of the server in the log, and of each user in answers', async () => {
    // The sandbox's server is English; Discord says so in each GUILD_CREATE and GUILD_UPDATE.
    server.demo.bot.client.guilds.cache.first()!.preferredLocale = Locale.ChineseCN
    assert.match((await server.setUp()).content, /Moderation on this server/)
    const zh = await server.join('mo', { channel: 'mod-log', locale: 'zh-CN' })
    assert.match((await zh.slash('moderation status')).content, /本服务器的审核/)
    await server.post(scene())
    const { message } = await mo.until(
      ({ message: now }) => now?.content.startsWith('**案例') === true,
    )
    assert.match(message!.content, /3 个频道/)
  })

  it('deletes the records of a server that it leaves', async () => {
    await server.setUp()
    await mo.slash('moderation hash add', { image: scene() })
    const rule = { name: 'r', question: 'is there a star?', threshold: 60 }
    await mo.slash('moderation rule add', rule)
    ada.switchTo('memes')
    await mo.slash('moderation reposts', { channel: ada.channelId })
    await server.post(hearts())
    await server.aCase(/heart/)
    ada.switchTo('memes')
    const { store, client } = server.demo.bot
    const count = async (name: string) => {
      const space = store.collection({ name, ttlMs: 1000, decode: (data) => JSON.stringify(data) })
      return (await Array.fromAsync(space.entries())).length
    }
    // Some are stored after the answer; one that never comes ends in the time limit of the suite.
    const stored = async (...names: readonly string[]) => {
      for (const name of names) {
        while ((await count(name)) === 0) {
          await setImmediate()
        }
      }
    }
    const posted = await ada.upload(triangle())
    await stored('moderation-first') // a picture of a case is not compared with reposts
    const lin = await server.join('lin', { channel: 'memes' })
    await lin.menu(menus.report, posted)
    await stored(...KINDS)
    const [guild] = server.sandbox.world.guilds.values()
    const guildDeleted = once(client, Events.GuildDelete)
    removeMember(server.sandbox.world, guild!, client.user.id)
    await guildDeleted
    for (const name of [...KINDS, 'moderation-open']) {
      while ((await count(name)) > 0) {
        await setImmediate()
      }
    }
  })
})

describe('moderation where Discord hides pictures', { timeout: 120_000 }, () => {
  it('says so in setup, and examines messages that are reported', async () => {
    const server = await startModeratedServer({ messageContent: false })
    try {
      const { content } = await server.setUp()
      assert.ok(content.includes(EN.moderation.setup.noContent))
      const [message] = await server.post(hearts())
      server.mo.switchTo('general')
      const answer = await server.mo.menu(menus.mark, message!)
      assert.match(answer.content, /Noted as a scam picture\. The case: https/)
      await server.aCase(/marked by/)
      assert.equal(server.cases().length, 1)
    } finally {
      await server.close()
    }
  })
})
