/** The whole list of commands is sent at each start: over the sandbox's REST. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ApplicationCommandOptionType,
  ApplicationIntegrationType,
  InteractionContextType,
  REST,
  Routes,
  type RESTPostAPIApplicationCommandsJSONBody,
} from 'discord.js'
import { type Sandbox, startSandbox } from 'loopback-discord'
import { z } from 'zod'
import { registerCommands } from '../../../bot/discord/registration.ts'

const DESCRIBE: RESTPostAPIApplicationCommandsJSONBody = {
  name: 'describe',
  description: 'Describe a picture',
  integration_types: [
    ApplicationIntegrationType.GuildInstall,
    ApplicationIntegrationType.UserInstall,
  ],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
  options: [
    { type: ApplicationCommandOptionType.Attachment, name: 'image', description: 'A picture' },
  ],
}
const ASK = { ...DESCRIBE, name: 'ask', description: 'Ask about a picture' }

const LISTED = z.array(z.object({ name: z.string(), description: z.string(), id: z.string() }))

describe('registerCommands', () => {
  let sandbox: Sandbox
  let rest: REST
  let sent: string[] = []
  let bodies: unknown[] = []

  before(async () => {
    sandbox = await startSandbox({
      observe: ({ method, path, requestBody }) => {
        sent.push(`${method} ${path.replaceAll(/\d{15,}/g, 'ID')}`)
        bodies.push(requestBody)
      },
    })
    rest = new REST({ api: sandbox.api }).setToken(sandbox.token)
  })
  after(() => sandbox.close())

  async function register(commands: object[], guildId?: string): Promise<void> {
    sent = []
    bodies = []
    await registerCommands(commands, { rest, applicationId: sandbox.world.application.id, guildId })
  }

  /** Name, description and id of what Discord has. */
  async function known(): Promise<[string, string, string][]> {
    const route = Routes.applicationCommands(sandbox.world.application.id)
    const commands = LISTED.parse(await rest.get(route))
    return commands.map(({ name, description, id }) => [name, description, id])
  }

  it('sends the list in one request; what was there keeps its id', async () => {
    await register([DESCRIBE, ASK])
    assert.deepEqual(sent, ['PUT /applications/ID/commands'])
    const ids = new Map((await known()).map(([name, , id]) => [name, id]))
    const reworded = { ...DESCRIBE, description: 'Describe one picture' }
    await register([reworded])
    assert.deepEqual(sent, ['PUT /applications/ID/commands'])
    assert.deepEqual(await known(), [['describe', 'Describe one picture', ids.get('describe')]])
  })

  it('registers in one server during development, without what is for everywhere', async () => {
    await register([DESCRIBE], sandbox.world.guild.id)
    assert.deepEqual(sent, ['PUT /applications/ID/guilds/ID/commands'])
    const { contexts: _, integration_types: __, ...command } = DESCRIBE
    assert.deepEqual(bodies, [[command]])
  })
})
