/** Components as an application sends them: what Discord takes, what it refuses, and where. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Routes } from 'discord.js'
import type { APIMessage, REST } from 'discord.js'
import type { Json } from '../../src/protocol/field-checks.ts'
import { Member } from '../../src/test-client/client.ts'
import { flatten } from '../../src/messages/components/components.ts'
import { restOf } from '../helpers/discord-client.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'
import { refusedAt } from '../helpers/refusals.ts'

const V2 = 1 << 15
const FILE = { name: 'my cat.png', data: Buffer.from('no picture') }

let sandbox: WatchedSandbox
let rest: REST
let channelId: string

before(async () => {
  sandbox = await startWatchedSandbox({ rateLimits: 'off' })
  rest = restOf(sandbox)
  const ada = await Member.connect(sandbox.url)
  channelId = ada.channelId
  ada.close()
})

after(() => sandbox.close())

async function send(body: object, files: readonly (typeof FILE)[] = []): Promise<APIMessage> {
  const sent = await rest.post(Routes.channelMessages(channelId), { body, files: [...files] })
  const message: APIMessage = JSON.parse(JSON.stringify(sent))
  return message
}

function v1(...components: object[]) {
  return send({ content: 'x', components })
}

function v2(components: readonly object[], files: readonly (typeof FILE)[] = []) {
  return send({ flags: V2, components }, files)
}

function row(...components: object[]) {
  return { type: 1, components }
}

function button(customId: string, more: object = {}) {
  return { type: 2, style: 1, label: 'x', custom_id: customId, ...more }
}

function select(more: object = {}) {
  return { type: 3, custom_id: 's', options: [{ label: 'a', value: 'a' }], ...more }
}

function text(content: string) {
  return { type: 10, content }
}

const FIRST = 'components.0.components.0'

describe('rows and buttons', () => {
  it('are numbered in order, around the numbers that were given', async () => {
    const { components } = await v1(row(button('a', { id: 2 }), button('b')), row(button('c')))
    const given: readonly Json[] = JSON.parse(JSON.stringify(components))
    const ids = given.flatMap(flatten).map(({ id }) => id)
    assert.deepEqual(ids, [1, 2, 3, 4, 5])
  })

  it('are five of each at most, and never none', async () => {
    const rows = Array.from({ length: 6 }, (_, i) => row(button(`${i}`)))
    await refusedAt(sandbox, v1(...rows), 'components', 'BASE_TYPE_BAD_LENGTH')
    const buttons = Array.from({ length: 6 }, (_, i) => button(`${i}`))
    await refusedAt(sandbox, v1(row(...buttons)), 'components.0.components', 'BASE_TYPE_BAD_LENGTH')
    await refusedAt(sandbox, v1(row()), 'components.0.components', 'BASE_TYPE_BAD_LENGTH')
  })

  it('have custom ids of 1 to 100 characters that nobody shares', async () => {
    const both = v1(row(button('a')), row(button('a')))
    await refusedAt(
      sandbox,
      both,
      'components.1.components.0.custom_id',
      'COMPONENT_CUSTOM_ID_DUPLICATED',
    )
    await refusedAt(sandbox, v1(row(button('x'.repeat(101)))), `${FIRST}.custom_id`, 'MAX_LENGTH')
    await refusedAt(sandbox, v1(row(button(''))), `${FIRST}.custom_id`, 'BAD_LENGTH')
  })

  it('have what their style needs, and nothing else', async () => {
    const link = { type: 2, style: 5, label: 'x', url: 'https://example.com' }
    await v1(row(link, { type: 2, style: 6, sku_id: '1' }))
    const refused = (given: object, key: string, code: string) =>
      refusedAt(sandbox, v1(row(given)), `${FIRST}.${key}`, code)
    await refused({ type: 2, style: 1, label: 'x' }, 'custom_id', 'REQUIRED')
    await refused({ type: 2, style: 1, custom_id: 'a' }, 'label', 'REQUIRED')
    await refused({ type: 2, style: 5, label: 'x' }, 'url', 'REQUIRED')
    await refused({ ...link, custom_id: 'a' }, 'custom_id', 'MUTUALLY_EXCLUSIVE')
    await refused({ ...link, url: 'ftp://x.y' }, 'url', 'URL_TYPE_INVALID_SCHEME')
    await refused({ type: 2, style: 6, sku_id: '1', label: 'x' }, 'label', 'UNEXPECTED')
    await refused(button('a', { style: 7 }), 'style', 'BASE_TYPE_CHOICES')
    await refused(button('a', { label: 'x'.repeat(81) }), 'label', 'MAX_LENGTH')
    await refused(button('a', { emoji: { name: 'no' } }), 'emoji.name', 'INVALID_EMOJI')
  })

  it('have an emoji without an id where it is no custom one', async () => {
    const sent = await v1(
      row(button('a', { emoji: { name: '◀️' } }), button('b', { emoji: { id: null, name: '▶️' } })),
    )
    const [buttons] = sent.components ?? []
    assert.ok(buttons !== undefined && 'components' in buttons)
    assert.deepEqual(
      [...buttons.components].map((each: object) => 'emoji' in each && each.emoji),
      [{ name: '◀️' }, { name: '▶️' }],
    )
  })

  it('leave no room for a select beside them', async () => {
    const path = 'components.0.components.1'
    await refusedAt(
      sandbox,
      v1(row(button('a'), select())),
      path,
      'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
    )
    await refusedAt(sandbox, v1(button('a')), 'components.0', 'UNION_TYPE_CHOICES')
    await refusedAt(sandbox, v1(row(text('x'))), FIRST, 'UNION_TYPE_CHOICES')
  })
})

describe('a select', () => {
  it('has 1 to 25 options that differ, and limits that fit', async () => {
    const refused = (given: object, key: string, code: string) =>
      refusedAt(sandbox, v1(row(select(given))), `${FIRST}.${key}`, code)
    const options = Array.from({ length: 26 }, (_, i) => ({ label: `${i}`, value: `${i}` }))
    await v1(row(select({ options: options.slice(1), max_values: 25 })))
    await refused({ options: [] }, 'options', 'BAD_LENGTH')
    await refused({ options }, 'options', 'MAX_LENGTH')
    await refused({ options: undefined }, 'options', 'REQUIRED')
    await refused({ options: [options[0], options[0]] }, 'options.1', 'VALUE_DUPLICATED')
    await refused({ max_values: 26 }, 'max_values', 'NUMBER_TYPE_MAX')
    await refused({ min_values: 3, max_values: 2 }, 'max_values', 'NUMBER_TYPE_MIN')
    await refused({ placeholder: 'x'.repeat(151) }, 'placeholder', 'MAX_LENGTH')
    const chosen = options.slice(0, 2).map((option) => ({ ...option, default: true }))
    await refused({ options: chosen }, 'options', 'TOO_MANY_DEFAULT')
    const users = { type: 5, custom_id: 'u', default_values: [{ id: '1', type: 'user' }] }
    await v1(row(users))
    await refusedAt(
      sandbox,
      v1(row({ ...users, min_values: 2, max_values: 3 })),
      `${FIRST}.default_values`,
      'BAD_LENGTH',
    )
  })
})

describe('Components V2', () => {
  it('show attached files with fresh links, sizes and alternative texts', async () => {
    const media = { url: 'attachment://my_cat.png' }
    const { components, content, flags } = await v2(
      [
        {
          type: 17,
          components: [
            { type: 12, items: [{ media, description: 'a cat', spoiler: true }] },
            { type: 9, components: [text('hi')], accessory: { type: 11, media } },
            { type: 14 },
            { type: 13, file: media },
          ],
        },
      ],
      [FILE],
    )
    assert.equal(content, '')
    assert.equal(flags, V2)
    const [container] = JSON.parse(JSON.stringify(components))
    assert.equal(container.accent_color, null)
    const [gallery, section, separator, file] = container.components
    assert.equal(gallery.items[0].description, 'a cat')
    assert.equal(gallery.items[0].spoiler, true)
    for (const { url } of [gallery.items[0].media, section.accessory.media, file.file]) {
      assert.equal((await fetch(url)).status, 200)
    }
    assert.deepEqual([separator.divider, separator.spacing], [true, 1])
    assert.deepEqual([file.name, file.size], ['my_cat.png', FILE.data.length])
    assert.deepEqual(gallery.items[0].media.attachment_id, file.file.attachment_id)
  })

  it('refuse what is not attached', async () => {
    const media = { url: 'attachment://none.png' }
    const path = 'components.0.items.0.media.url'
    await refusedAt(sandbox, v2([{ type: 12, items: [{ media }] }]), path, 'ATTACHMENT_NOT_FOUND')
    const elsewhere = { type: 13, file: { url: 'https://example.com/a.txt' } }
    await refusedAt(sandbox, v2([elsewhere]), 'components.0.file.url', 'URL_TYPE_INVALID_SCHEME')
  })

  it('leave no room for content, embeds and stickers', async () => {
    const body = { flags: V2, components: [text('x')] }
    const code = 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2'
    await refusedAt(sandbox, send({ ...body, content: 'x' }), 'content', code)
    await refusedAt(sandbox, send({ ...body, embeds: [{ title: 'x' }] }), 'embeds', code)
    await refusedAt(
      sandbox,
      send({ ...body, sticker_ids: ['749054660769218631'] }),
      'sticker_ids',
      code,
    )
    await assert.rejects(send({ flags: V2, components: [] }), { code: 50006 })
    await refusedAt(sandbox, v1(text('x')), 'components.0', 'UNION_TYPE_CHOICES')
  })

  it('stay once they are there, and come by an edit that empties the rest', async () => {
    const { id } = await send({ content: 'x' })
    const edit = (body: object) => rest.patch(Routes.channelMessage(channelId, id), { body })
    const body = { flags: V2, components: [text('y')] }
    await refusedAt(sandbox, edit(body), 'content', 'LEGACY_FIELDS')
    await edit({ ...body, content: null })
    await refusedAt(sandbox, edit({ flags: 0, content: 'back' }), 'content', 'LEGACY_FIELDS')
  })

  it('count to 40 in all, with 4000 characters of text', async () => {
    const rows = Array.from({ length: 10 }, (_, i) =>
      row(...[0, 1, 2].map((j) => button(`${i}.${j}`))),
    )
    await v2(rows)
    await refusedAt(sandbox, v2([...rows, text('x')]), 'components', 'MAX_TOTAL_COMPONENTS')
    await v2([text('x'.repeat(2000)), text('x'.repeat(2000))])
    const long = v2([text('x'.repeat(2000)), text('x'.repeat(2001))])
    await refusedAt(sandbox, long, 'components', 'TEXT_SIZE_EXCEEDED')
  })

  it('are put together as they may be', async () => {
    const refused = (component: object, path: string, code: string) =>
      refusedAt(sandbox, v2([component]), `components.0${path}`, code)
    const section = { type: 9, components: [text('x')], accessory: button('a') }
    await v2([section])
    await refused({ ...section, accessory: undefined }, '.accessory', 'REQUIRED')
    await refused({ ...section, accessory: text('x') }, '.accessory', 'UNION_TYPE_CHOICES')
    await refused(
      { ...section, components: Array.from({ length: 4 }, () => text('x')) },
      '.components',
      'BAD_LENGTH',
    )
    const container = { type: 17, components: [text('x')] }
    await refused({ type: 17, components: [container] }, '.components.0', 'UNION_TYPE_CHOICES')
    await refused({ ...container, accent_color: -1 }, '.accent_color', 'NUMBER_TYPE_MIN')
    await refused({ type: 12, items: [] }, '.items', 'BAD_LENGTH')
    await refused({ type: 11, media: { url: 'https://x.y' } }, '', 'UNION_TYPE_CHOICES')
    await refused({ type: 14, spacing: 3 }, '.spacing', 'NUMBER_TYPE_MAX')
    await refused(text(''), '.content', 'BAD_LENGTH')
  })

  it('ping those whom their texts name', async () => {
    const { id } = [...sandbox.world.users.values()].find(({ name }) => name === 'lin')!
    const { mentions } = await v2([{ type: 17, components: [text(`<@${id}>`)] }])
    assert.deepEqual(
      mentions.map((user) => user.id),
      [id],
    )
  })
})
