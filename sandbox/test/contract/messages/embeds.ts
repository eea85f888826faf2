/** Embeds, and whom a message may ping. */

import assert from 'node:assert/strict'
import { Routes } from 'discord.js'
import type { APIEmbed, APIMessage } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import { PNG } from '../../helpers/pictures.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import type { Stage } from '../stage.ts'

/** Cases of embeds and of mentions. */
export function embedCases(contract: Contract): void {
  embedForms(contract)
  embedLimits(contract)
  mentionCases(contract)
}

function send({ rest, general }: Stage, body: object): Promise<APIMessage> {
  return typed(rest.post(Routes.channelMessages(general.id), { body }))
}

function embedForms(contract: Contract): void {
  contract('keeps an embed', 'resources/message#embed-object', async (stage) => {
    const embed: APIEmbed = {
      title: 'Title',
      description: 'Text',
      url: 'https://example.com/',
      color: 0x12_34_56,
      fields: [{ name: 'a', value: 'b', inline: true }],
      footer: { text: 'foot' },
      author: { name: 'someone' },
    }
    const [kept] = (await send(stage, { embeds: [embed] })).embeds
    assert.equal(kept?.type, 'rich')
    const { type: _, ...rest } = kept
    assert.deepEqual(rest.fields, [{ name: 'a', value: 'b', inline: true }])
    assert.deepEqual([rest.title, rest.description, rest.color], ['Title', 'Text', 0x12_34_56])
    assert.deepEqual([rest.footer?.text, rest.author?.name], ['foot', 'someone'])
  })

  contract(
    'trims the texts of an embed',
    'resources/message#embed-object-embed-limits',
    async (stage) => {
      const title = `  ${'x'.repeat(250)} \n`
      const [kept] = (await send(stage, { embeds: [{ title }] })).embeds
      assert.equal(kept?.title, 'x'.repeat(250))
    },
  )

  contract(
    'shows an attachment in an embed',
    'reference#uploading-files',
    async ({ general, sandbox }) => {
      const message = await general.send({
        embeds: [{ title: 'picture', image: { url: 'attachment://shown.png' } }],
        files: [{ attachment: PNG, name: 'shown.png' }],
      })
      const url = message.embeds[0]?.image?.url ?? ''
      assert.ok(url.startsWith(sandbox.cdn), url)
      assert.equal((await fetch(url)).status, 200)
      assert.equal(message.embeds[0]?.image?.width, 2)
    },
  )

  contract(
    'refuses links of unknown schemes in embeds',
    'resources/message#embed-object-embed-structure',
    async (stage) => {
      const embeds = [{ title: 'x', url: 'javascript:alert(1)' }]
      const expected = { status: 400, code: 50035, field: 'embeds.0.url' }
      await refused(stage, expected, () => send(stage, { embeds }))
    },
  )
}

function embedLimits(contract: Contract): void {
  const limits: readonly { readonly field: string; readonly embed: APIEmbed }[] = [
    { field: 'description', embed: { description: 'x'.repeat(4097) } },
    {
      field: 'fields',
      embed: { fields: Array.from({ length: 26 }, () => ({ name: 'n', value: 'v' })) },
    },
    { field: 'fields.0.name', embed: { fields: [{ name: 'x'.repeat(257), value: 'v' }] } },
    { field: 'fields.0.value', embed: { fields: [{ name: 'n', value: 'x'.repeat(1025) }] } },
    { field: 'footer.text', embed: { footer: { text: 'x'.repeat(2049) } } },
    { field: 'author.name', embed: { author: { name: 'x'.repeat(257) } } },
  ]
  for (const { field, embed } of limits) {
    contract(
      `limits an embed’s ${field}`,
      'resources/message#embed-object-embed-limits',
      async (stage) => {
        const expected = { status: 400, code: 50035, field: `embeds.0.${field}` }
        await refused(stage, expected, () => send(stage, { embeds: [embed] }))
      },
    )
  }

  contract(
    'limits all embeds together to 6000 characters',
    'resources/message#embed-object-embed-limits',
    async (stage) => {
      const embeds = [{ description: 'x'.repeat(3000) }, { description: 'x'.repeat(3000) }]
      assert.equal((await send(stage, { embeds })).embeds.length, 2)
      const over = [...embeds, { title: 'x' }]
      await refused(stage, { status: 400, code: 50035 }, () => send(stage, { embeds: over }))
    },
  )

  contract('takes ten embeds', 'resources/message#create-message', async (stage) => {
    const embeds = Array.from({ length: 11 }, (_, i) => ({ title: String(i) }))
    assert.equal((await send(stage, { embeds: embeds.slice(0, 10) })).embeds.length, 10)
    await refused(stage, { status: 400, code: 50035, field: 'embeds' }, () =>
      send(stage, { embeds }),
    )
  })
}

function mentionCases(contract: Contract): void {
  const source = 'resources/message#allowed-mentions-object'

  contract(
    'pings everyone who is written',
    'resources/message#allowed-mentions-object-default-settings-for-allowed-mentions',
    async (stage) => {
      const role = await stage.guild.roles.create({ name: 'pingable', mentionable: true })
      const content = `@everyone <@${stage.ada.id}> <@&${role.id}>`
      const message = await send(stage, { content })
      assert.equal(message.mention_everyone, true)
      assert.deepEqual(message.mention_roles, [role.id])
      assert.deepEqual(
        message.mentions.map(({ id }) => id),
        [stage.ada.id],
      )
    },
  )

  contract('pings nobody when nothing is parsed', source, async (stage) => {
    const content = `@everyone <@${stage.ada.id}>`
    const message = await send(stage, { content, allowed_mentions: { parse: [] } })
    assert.deepEqual([message.mention_everyone, message.mentions], [false, []])
    assert.equal(message.content, content)
  })

  contract('pings those listed and written', source, async (stage) => {
    const { ada, lin } = stage
    const content = `<@${ada.id}> and <@${lin.id}>`
    const users = [lin.id, stage.guild.ownerId]
    const message = await send(stage, { content, allowed_mentions: { users } })
    assert.deepEqual(
      message.mentions.map(({ id }) => id),
      [lin.id],
    )
  })

  contract(
    'refuses to both parse and list users',
    'resources/message#allowed-mentions-object-allowed-mentions-examples',
    async (stage) => {
      const content = `<@${stage.ada.id}>`
      const both = { parse: ['users'], users: [stage.ada.id] }
      const expected = { status: 400, code: 50035, field: 'allowed_mentions' }
      await refused(stage, expected, () => send(stage, { content, allowed_mentions: both }))
      const empty = { parse: ['users'], users: [] }
      assert.equal((await send(stage, { content, allowed_mentions: empty })).mentions.length, 1)
    },
  )

  contract('pings the author of what is replied to only when told', source, async (stage) => {
    const { id } = await stage.ada.say('reply to me')
    const body = { content: 'here', message_reference: { message_id: id } }
    assert.equal((await send(stage, body)).mentions.length, 1)
    const silent = { ...body, allowed_mentions: { parse: [] } }
    assert.equal((await send(stage, silent)).mentions.length, 0)
    const loud = { ...body, allowed_mentions: { parse: [], replied_user: true } }
    assert.equal((await send(stage, loud)).mentions.length, 1)
  })
}
