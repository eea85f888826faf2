/** An outage of a guild, and what discord.js makes of it. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Events, GatewayIntentBits } from 'discord.js'
import type { Client } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { logIn } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

const { Guilds, GuildMessages } = GatewayIntentBits

let sandbox: WatchedSandbox
let client: Client<true>
let ada: Member
let names: string[]

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  client = await logIn(sandbox, { intents: [Guilds, GuildMessages] })
  ada = await Member.connect(sandbox.url)
  client.on('raw', ({ t }: { t: string | null }) => t !== null && names.push(t))
  names = []
})

after(async () => {
  ada.close()
  await client.destroy()
  await sandbox.close()
})

function event(name: 'guildUnavailable' | 'guildAvailable' | 'messageCreate') {
  return new Promise((resolve) => client.once(name, resolve))
}

describe('an outage', () => {
  it('takes a guild away and brings it back, and has none of its events meanwhile', async () => {
    const { id } = sandbox.world.guild
    const gone = event('guildUnavailable')
    const fault = sandbox.faults.add({ kind: 'outage' })
    await gone
    assert.equal(client.guilds.cache.get(id)?.available, false)
    await ada.say('during the outage')
    const back = event('guildAvailable')
    fault.cancel()
    await back
    assert.equal(client.guilds.cache.get(id)?.available, true)
    const heard = event('messageCreate')
    await ada.say('after it')
    await heard
    assert.deepEqual(names, ['GUILD_DELETE', 'GUILD_CREATE', 'MESSAGE_CREATE'])
  })

  it('lasts through a new connection', async () => {
    const fault = sandbox.faults.add({ kind: 'outage', guild: sandbox.world.guild.id })
    const other = await logIn(sandbox, { intents: [Guilds], waitGuildTimeout: 100 })
    try {
      assert.equal(other.guilds.cache.get(sandbox.world.guild.id)?.available, false)
      const back = new Promise((resolve) => other.once(Events.GuildAvailable, resolve))
      fault.cancel()
      await back
    } finally {
      await other.destroy()
    }
  })

  it('needs a guild that exists', () => {
    assert.throws(() => sandbox.faults.add({ kind: 'outage', guild: '1' }), { code: 10004 })
    assert.deepEqual(sandbox.faults.list(), [])
  })
})
