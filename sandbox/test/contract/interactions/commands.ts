/** Commands: registered, changed, listed, refused. */

import assert from 'node:assert/strict'
import { ApplicationCommandOptionType as Option, ApplicationCommandType, Routes } from 'discord.js'
import type { APIApplicationCommand } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import type { Stage } from '../stage.ts'

/** Cases of commands. */
export function commandCases(contract: Contract): void {
  overwriteCases(contract)
  singleCases(contract)
  nameCases(contract)
  optionCases(contract)
  fieldCases(contract)
}

const LOOK = { name: 'look', description: 'Looks' }

function route({ client }: Stage): `/${string}` {
  return Routes.applicationCommands(client.application.id)
}

function overwrite(stage: Stage, commands: readonly object[]): Promise<APIApplicationCommand[]> {
  return typed(stage.rest.put(route(stage), { body: commands }))
}

/** Expects the API to refuse the command, complaining about the field of the first one. */
async function refusedCommand(stage: Stage, command: object, field: string): Promise<void> {
  const expected = { status: 400, code: 50035, field: `0.${field}` }
  await refused(stage, expected, () => overwrite(stage, [command]))
}

function overwriteCases(contract: Contract): void {
  const source = 'interactions/application-commands#bulk-overwrite-global-application-commands'

  contract('overwrites all global commands', source, async (stage) => {
    const first = await overwrite(stage, [LOOK, { name: 'gone', description: 'Goes' }])
    const second = await overwrite(stage, [{ ...LOOK, description: 'Looks closely' }])
    assert.deepEqual(
      second.map(({ name, description }) => [name, description]),
      [['look', 'Looks closely']],
    )
    assert.equal(second[0]!.id, first.find(({ name }) => name === 'look')?.id)
    assert.notEqual(second[0]!.version, first.find(({ name }) => name === 'look')?.version)
    assert.equal(second[0]!.type, ApplicationCommandType.ChatInput)
  })

  contract(
    'keeps a guild’s commands apart',
    'interactions/application-commands#bulk-overwrite-guild-application-commands',
    async ({ client, guild }) => {
      await client.application.commands.set([LOOK])
      await client.application.commands.set(
        [LOOK, { name: 'local', description: 'Here' }],
        guild.id,
      )
      const local = await client.application.commands.fetch({ guildId: guild.id })
      assert.deepEqual(local.map(({ name }) => name).toSorted(), ['local', 'look'])
      assert.ok(local.every(({ guildId }) => guildId === guild.id))
      const global = await client.application.commands.fetch()
      assert.deepEqual(
        global.map(({ name }) => name),
        ['look'],
      )
      await client.application.commands.set([], guild.id)
    },
  )

  contract(
    'lets commands of different types share a name',
    'interactions/application-commands#registering-a-command',
    async (stage) => {
      const names = { name: 'look', type: ApplicationCommandType.Message }
      assert.equal((await overwrite(stage, [LOOK, names])).length, 2)
      await refused(stage, { status: 400, code: 50035 }, () => overwrite(stage, [LOOK, LOOK]))
    },
  )

  contract(
    'takes 100 slash commands',
    'interactions/application-commands#registering-a-command',
    async (stage) => {
      const many = Array.from({ length: 101 }, (_, i) => ({ name: `c${i}`, description: 'x' }))
      assert.equal((await overwrite(stage, many.slice(1))).length, 100)
      const error = await stage.sandbox.wrongly(() =>
        overwrite(stage, many).then(
          () => null,
          (reason: unknown) => reason,
        ),
      )
      assert.ok(error instanceof Error && 'status' in error && error.status === 400)
      await overwrite(stage, [LOOK])
    },
  )
}

function singleCases(contract: Contract): void {
  contract(
    'creates, edits, reads and deletes one command',
    'interactions/application-commands#create-global-application-command',
    async (stage) => {
      const { commands } = stage.client.application
      const made = await commands.create({ name: 'single', description: 'One' })
      const again = await commands.create({ name: 'single', description: 'Again' })
      assert.equal(again.id, made.id)
      const edited = await commands.edit(made.id, { description: 'Edited' })
      assert.equal(edited.description, 'Edited')
      assert.equal((await commands.fetch(made.id, { force: true })).description, 'Edited')
      await commands.delete(made.id)
      const gone = () =>
        stage.rest.get(Routes.applicationCommand(stage.client.application.id, made.id))
      await refused(stage, { status: 404, code: 10063 }, gone)
    },
  )

  contract(
    'knows its own application only',
    'topics/opcodes-and-status-codes#json-json-error-codes',
    async (stage) => {
      const act = () => stage.rest.get(Routes.applicationCommands('1'))
      const error: unknown = await act().catch((reason: unknown) => reason)
      assert.ok(error instanceof Error && 'status' in error)
      assert.ok(error.status === 403 || error.status === 404)
    },
  )

  contract(
    'lists localisations when asked',
    'interactions/application-commands#retrieving-localized-commands',
    async (stage) => {
      const localized = {
        ...LOOK,
        name_localizations: { 'zh-CN': '看' },
        description_localizations: { 'zh-CN': '看看' },
      }
      await overwrite(stage, [localized])
      const query = new URLSearchParams({ with_localizations: 'true' })
      const [full] = await typed<APIApplicationCommand[]>(stage.rest.get(route(stage), { query }))
      assert.deepEqual(full?.name_localizations, { 'zh-CN': '看' })
      const [bare] = await typed<APIApplicationCommand[]>(stage.rest.get(route(stage)))
      assert.equal(bare?.name_localizations ?? null, null)
    },
  )
}

function nameCases(contract: Contract): void {
  const source =
    'interactions/application-commands#application-command-object-application-command-naming'

  contract('refuses names that break the pattern', source, async (stage) => {
    for (const name of ['Look', 'look here', 'look!', '', 'x'.repeat(33)]) {
      await refusedCommand(stage, { ...LOOK, name }, 'name')
    }
  })

  contract('takes names of other scripts', source, async (stage) => {
    for (const name of ['看图', 'संदेश', 'ภาพ', "d'accord", 'a-b_c1']) {
      const [command] = await overwrite(stage, [{ ...LOOK, name }])
      assert.equal(command?.name, name)
    }
  })

  contract('lets menu commands have spaces and capitals', source, async (stage) => {
    const commands = [
      { name: 'Describe This', type: ApplicationCommandType.Message },
      { name: 'Who Is This', type: ApplicationCommandType.User },
    ]
    const kept = await overwrite(stage, commands)
    assert.deepEqual(
      kept.map(({ name, description }) => [name, description]),
      [
        ['Describe This', ''],
        ['Who Is This', ''],
      ],
    )
    await refusedCommand(stage, { ...commands[0], description: 'no' }, 'description')
  })

  contract(
    'wants a description of 1 to 100 characters',
    'interactions/application-commands#application-command-object-application-command-structure',
    async (stage) => {
      await refusedCommand(stage, { name: 'look' }, 'description')
      await refusedCommand(stage, { ...LOOK, description: '' }, 'description')
      await refusedCommand(stage, { ...LOOK, description: 'x'.repeat(101) }, 'description')
    },
  )
}

function optionCases(contract: Contract): void {
  const source =
    'interactions/application-commands#application-command-object-application-command-option-structure'
  const option = { type: Option.String, name: 'text', description: 'Text' }

  contract('wants required options first', source, async (stage) => {
    const options = [option, { ...option, name: 'later', required: true }]
    await refused(stage, { status: 400, code: 50035 }, () =>
      overwrite(stage, [{ ...LOOK, options }]),
    )
    await overwrite(stage, [{ ...LOOK, options: options.toReversed() }])
  })

  contract('takes 25 options and 25 choices', source, async (stage) => {
    const options = Array.from({ length: 26 }, (_, i) => ({ ...option, name: `o${i}` }))
    await refusedCommand(stage, { ...LOOK, options }, 'options')
    const choices = Array.from({ length: 26 }, (_, i) => ({ name: `${i}`, value: `${i}` }))
    await refusedCommand(stage, { ...LOOK, options: [{ ...option, choices }] }, 'options.0.choices')
  })

  contract('refuses choices with autocomplete', source, async (stage) => {
    const choices = [{ name: 'a', value: 'a' }]
    const options = [{ ...option, choices, autocomplete: true }]
    await refused(stage, { status: 400, code: 50035 }, () =>
      overwrite(stage, [{ ...LOOK, options }]),
    )
  })

  contract('keeps ranges, lengths and channel types', source, async (stage) => {
    const options = [
      { type: Option.Integer, name: 'count', description: 'Count', min_value: 1, max_value: 5 },
      { ...option, min_length: 2, max_length: 20 },
      { type: Option.Channel, name: 'where', description: 'Where', channel_types: [0] },
    ]
    const [command] = await overwrite(stage, [{ ...LOOK, options }])
    const kept = JSON.parse(JSON.stringify(command?.options ?? []))
    assert.deepEqual([kept[0].min_value, kept[0].max_value], [1, 5])
    assert.deepEqual([kept[1].min_length, kept[1].max_length], [2, 20])
    assert.deepEqual(kept[2].channel_types, [0])
  })

  contract(
    'nests groups and subcommands, and no deeper',
    'interactions/application-commands#subcommands-and-subcommand-groups',
    async (stage) => {
      const leaf = { type: Option.Subcommand, name: 'show', description: 'Shows' }
      const group = {
        type: Option.SubcommandGroup,
        name: 'memory',
        description: 'Memory',
        options: [leaf],
      }
      const [command] = await overwrite(stage, [{ ...LOOK, options: [group] }])
      assert.equal(command?.options?.[0]?.type, Option.SubcommandGroup)
      const deep = { ...leaf, options: [leaf] }
      const act = () => overwrite(stage, [{ ...LOOK, options: [deep] }])
      await refused(stage, { status: 400, code: 50035 }, act)
    },
  )
}

function fieldCases(contract: Contract): void {
  contract(
    'keeps who may use a command by default',
    'interactions/application-commands#permissions',
    async (stage) => {
      const [command] = await overwrite(stage, [{ ...LOOK, default_member_permissions: '8192' }])
      assert.equal(command?.default_member_permissions, '8192')
    },
  )

  contract(
    'keeps where a command may be used',
    'interactions/application-commands#contexts',
    async (stage) => {
      const where = { integration_types: [0, 1], contexts: [0, 1, 2], nsfw: true }
      const [command] = await overwrite(stage, [{ ...LOOK, ...where }])
      assert.deepEqual(command?.integration_types, [0, 1])
      assert.deepEqual(command.contexts, [0, 1, 2])
      assert.equal(command.nsfw, true)
      await overwrite(stage, [LOOK])
    },
  )
}
