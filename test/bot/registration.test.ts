/** Commands are sent when, and only when, Discord's list differs: over the sandbox's REST. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  REST,
  type RESTPostAPIApplicationCommandsJSONBody,
} from 'discord.js'
import { type Sandbox, startSandbox } from 'loopback-discord'
import { registerCommands, sameCommands } from '../../bot/registration.ts'

const DESCRIBE: RESTPostAPIApplicationCommandsJSONBody = {
  name: 'describe',
  description: 'Describe a picture',
  description_localizations: { 'zh-CN': '描述图片' },
  integration_types: [
    ApplicationIntegrationType.GuildInstall,
    ApplicationIntegrationType.UserInstall,
  ],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
  options: [
    {
      type: ApplicationCommandOptionType.Attachment,
      name: 'image',
      description: 'A picture',
    },
    {
      type: ApplicationCommandOptionType.String,
      name: 'style',
      description: 'How',
      choices: [
        { name: 'short', value: 'caption' },
        { name: 'long', value: 'detailed' },
      ],
    },
  ],
}
const MENU: RESTPostAPIApplicationCommandsJSONBody = {
  type: ApplicationCommandType.Message,
  name: 'Describe image',
}

describe('registerCommands', () => {
  let sandbox: Sandbox
  let rest: REST
  let sent: string[] = []

  before(async () => {
    sandbox = await startSandbox({
      observe: ({ method, path }) => sent.push(`${method} ${path.replaceAll(/\d{15,}/g, 'ID')}`),
    })
    rest = new REST({ api: sandbox.api }).setToken(sandbox.token)
  })
  after(() => sandbox.close())

  async function register(commands: object[], guildId?: string) {
    sent = []
    const applicationId = sandbox.world.application.id
    return { changed: await registerCommands(commands, { rest, applicationId, guildId }), sent }
  }

  const READ = 'GET /applications/ID/commands'
  const WRITE = 'PUT /applications/ID/commands'

  it('sends what is new, and nothing the second time', async () => {
    assert.deepEqual(await register([DESCRIBE]), { changed: true, sent: [READ, WRITE] })
    assert.deepEqual(await register([DESCRIBE]), { changed: false, sent: [READ] })
  })

  it('sends a change of one word, an option moved, and a command that went', async () => {
    const reworded = { ...DESCRIBE, description: 'Describe one picture' }
    const options = (DESCRIBE.options ?? []).toReversed()
    for (const commands of [[reworded], [{ ...DESCRIBE, options }], []]) {
      assert.equal((await register(commands)).changed, true)
      assert.equal((await register(commands)).changed, false)
    }
  })

  it('registers in one server during development', async () => {
    const { id } = sandbox.world.guild
    const { changed, sent: calls } = await register([DESCRIBE], id)
    assert.ok(changed)
    assert.deepEqual(calls, [
      'GET /applications/ID/guilds/ID/commands',
      'PUT /applications/ID/guilds/ID/commands',
    ])
    assert.equal((await register([DESCRIBE], id)).changed, false)
  })
})

describe('sameCommands', () => {
  /** As Discord gives a command back: with ids, every default, and lists in its own order. */
  const stored = [
    { ...MENU, id: '2', version: '9', description: '', nsfw: false, options: [] },
    {
      ...DESCRIBE,
      id: '1',
      application_id: '1',
      version: '9',
      type: 1,
      nsfw: false,
      default_member_permissions: null,
      dm_permission: true,
      contexts: [1, 0],
      name_localizations: null,
      options: DESCRIBE.options?.map((option) => ({ ...option, required: false })),
    },
  ]

  it('takes defaults and order for no difference', () => {
    assert.equal(sameCommands([DESCRIBE, MENU], stored), true)
  })

  it('sees every real one', () => {
    for (const change of [
      { name: 'describe2' },
      { nsfw: true },
      { default_member_permissions: '0' },
      { contexts: [0] },
      { description_localizations: null },
      { options: [] },
    ]) {
      assert.equal(
        sameCommands([{ ...DESCRIBE, ...change }, MENU], stored),
        false,
        JSON.stringify(change),
      )
    }
    assert.equal(sameCommands([DESCRIBE], stored), false)
  })

  it('leaves to Discord what we do not say', () => {
    const { contexts: _, integration_types: __, ...silent } = DESCRIBE
    assert.equal(sameCommands([silent, MENU], stored), true)
  })
})
