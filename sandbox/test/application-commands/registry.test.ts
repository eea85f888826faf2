/** Registering commands: what is taken, what is refused and where, through discord.js. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Routes } from 'discord.js'
import type { Client } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { refusedAt } from '../helpers/refusals.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'
import { logIn, nextInteraction } from '../helpers/discord-client.ts'

let sandbox: WatchedSandbox
let client: Client<true>
let ada: Member

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  client = await logIn(sandbox)
  ada = await Member.connect(sandbox.url)
})

after(async () => {
  ada.close()
  await client.destroy()
  await sandbox.close()
})

/** Registers what discord.js itself would not let through. */
function put(body: unknown): Promise<unknown> {
  const path = Routes.applicationCommands(client.application.id)
  return client.rest.put(path, { body })
}

/** Asserts that the registration is refused with an error of that code at that path. */
async function refused(body: unknown, path: string, code: string): Promise<void> {
  await refusedAt(sandbox, put(body), path, code)
}

function slash(name: string, options: readonly object[] = []) {
  return { name, description: 'x', options }
}

function withOptions(...list: object[]) {
  return [slash('a', list)]
}

const text = { type: 3, name: 'a', description: 'x' }

describe('a registration', () => {
  it('creates, reads, edits and deletes one command', async () => {
    const { commands } = client.application
    const made = await commands.create({ name: 'one', description: 'First' })
    const again = await commands.create({ name: 'one', description: 'Again' })
    assert.equal(again.id, made.id)
    assert.equal((await commands.fetch(made.id)).description, 'Again')
    await commands.edit(made.id, { description: 'Edited' })
    assert.equal((await commands.fetch(made.id, { force: true })).description, 'Edited')
    await commands.create({ name: 'two', description: 'Second' })
    await assert.rejects(commands.edit(made.id, { name: 'two' }), { code: 40041 })
    await commands.delete(made.id)
    await assert.rejects(commands.fetch(made.id, { force: true }), { code: 10063 })
  })

  it('tells a command of a guild from a global one of the same name', async () => {
    const { guild } = sandbox.world
    await put([slash('same')])
    const own = await client.application.commands.create(
      { name: 'same', description: 'x' },
      guild.id,
    )
    assert.equal(own.guildId, guild.id)
    const heard = nextInteraction(client, (given) => given.isChatInputCommand())
    await ada.use('same')
    assert.equal((await heard).commandGuildId, guild.id)
    await client.application.commands.set([], guild.id)
  })

  it('lists translations only when asked to', async () => {
    await put([{ ...slash('look'), name_localizations: { 'zh-CN': '看' } }])
    const { commands } = client.application
    const [bare] = (await commands.fetch({ cache: false })).values()
    const [full] = (await commands.fetch({ cache: false, withLocalizations: true })).values()
    assert.equal(bare?.nameLocalizations, null)
    assert.deepEqual(full?.nameLocalizations, { 'zh-CN': '看' })
  })

  it('takes names of any script, but only lower-case ones for slash commands', async () => {
    await put([slash('看图'), slash('a-b_c1'), { name: 'Any Name!', type: 3 }])
    await refused([slash('Look')], '0.name', 'APPLICATION_COMMAND_INVALID_NAME')
    await refused([slash('two words')], '0.name', 'APPLICATION_COMMAND_INVALID_NAME')
    await refused([slash('x'.repeat(33))], '0.name', 'BASE_TYPE_MAX_LENGTH')
    await refused([{ name: 'x'.repeat(33), type: 2 }], '0.name', 'BASE_TYPE_MAX_LENGTH')
  })

  it('names the field that is wrong', async () => {
    await refused([{ name: 'a' }], '0.description', 'BASE_TYPE_REQUIRED')
    await refused([{ ...slash('a'), description: 'x'.repeat(101) }], '0.description', 'MAX_LENGTH')
    await refused([slash('a'), slash('a')], '1', 'DUPLICATE_NAME')
    await refused([{ name: 'a', type: 2, description: 'x' }], '0.description', 'CONTEXT_MENU')
    await refused(
      [{ ...slash('a'), name_localizations: { xx: 'a' } }],
      '0.name_localizations.xx',
      'ENUM',
    )
    await refused([{ ...slash('a'), contexts: [3] }], '0.contexts.0', 'BASE_TYPE_CHOICES')
    await refused(
      [{ ...slash('a'), default_member_permissions: 'x' }],
      '0.default_member_permissions',
      'NUMBER',
    )
  })

  it('checks options: order, kinds, counts and limits', async () => {
    await refused(
      withOptions(text, { ...text, name: 'b', required: true }),
      '0.options.1',
      'REQUIRED',
    )
    await refused(withOptions(text, text), '0.options.1.name', 'NAME_DUPLICATED')
    await refused(withOptions(text, { ...text, type: 1, name: 'b' }), '0.options', 'TYPE_INVALID')
    await refused(withOptions({ ...text, type: 12 }), '0.options.0.type', 'BASE_TYPE_CHOICES')
    const many = Array.from({ length: 26 }, (_, i) => ({ ...text, name: `o${i}` }))
    await refused(withOptions(...many), '0.options', 'BASE_TYPE_MAX_LENGTH')
    const choices = Array.from({ length: 26 }, (_, i) => ({ name: `c${i}`, value: `${i}` }))
    await refused(withOptions({ ...text, choices }), '0.options.0.choices', 'BASE_TYPE_MAX_LENGTH')
    const both = { ...text, autocomplete: true, choices: choices.slice(0, 2) }
    await refused(withOptions(both), '0.options.0.autocomplete', 'AUTOCOMPLETE_CHOICES')
    await refused(
      withOptions({ ...text, type: 5, autocomplete: true }),
      '0.options.0.autocomplete',
      'AUTOCOMPLETE_INVALID',
    )
    const wrong = { ...text, type: 4, choices: [{ name: 'a', value: 1.5 }] }
    await refused(withOptions(wrong), '0.options.0.choices.0.value', 'NUMBER_TYPE_COERCE')
    await refused(
      withOptions({ ...text, min_length: 9, max_length: 3 }),
      '0.options.0.max_length',
      'MIN',
    )
    const files = { ...text, type: 11, file_types: ['pictures'] }
    await refused(withOptions(files), '0.options.0.file_types.0', 'BASE_TYPE_CHOICES')
  })

  it('lets subcommands into groups, and groups nowhere deeper', async () => {
    const sub = { type: 1, name: 'sub', description: 'x', options: [text] }
    const group = { type: 2, name: 'group', description: 'x', options: [sub] }
    await put([slash('a', [group, sub])])
    const deep = { ...group, options: [{ ...group, name: 'deep' }] }
    await refused([slash('a', [deep])], '0.options.0.options.0.type', 'BASE_TYPE_CHOICES')
    const inSub = { ...sub, options: [sub] }
    await refused([slash('a', [inSub])], '0.options.0.options.0.type', 'BASE_TYPE_CHOICES')
  })

  it('has room for 100 slash commands and 15 context menus of a kind: 30032', async () => {
    const many = Array.from({ length: 101 }, (_, i) => slash(`c${i}`))
    await put(many.slice(0, 100))
    await assert.rejects(put(many), { code: 30032 })
    const menus = Array.from({ length: 16 }, (_, i) => ({ name: `m${i}`, type: 2 }))
    await put(menus.slice(0, 15))
    await assert.rejects(put(menus), { code: 30032 })
  })

  it('holds a command to 8000 characters', async () => {
    const choices = Array.from({ length: 25 }, (_, i) => ({
      name: `${i}`.padEnd(100, 'n'),
      value: `${i}`.padEnd(100, 'v'),
    }))
    await refused(
      [
        slash('a', [
          { ...text, choices },
          { ...text, name: 'b', choices },
        ]),
      ],
      '0',
      'LARGE',
    )
  })
})
