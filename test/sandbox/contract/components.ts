/** Components of messages: the rows of old, and Components V2. */

import assert from 'node:assert/strict'
import { type APIMessage, ButtonStyle, ComponentType, MessageFlags, Routes } from 'discord.js'
import { type Contract, refused, typed } from './contract.ts'
import { PNG, type Stage } from './stage.ts'

const V2 = MessageFlags.IsComponentsV2

/** Cases of components. */
export function componentCases(contract: Contract): void {
  rowCases(contract)
  selectCases(contract)
  newForms(contract)
  newLimits(contract)
}

function send({ rest, general }: Stage, body: object): Promise<APIMessage> {
  return typed(rest.post(Routes.channelMessages(general.id), { body }))
}

function button(details: object = {}): object {
  return {
    type: ComponentType.Button,
    style: ButtonStyle.Primary,
    label: 'Press',
    custom_id: 'press',
    ...details,
  }
}

function row(...components: readonly object[]): object {
  return { type: ComponentType.ActionRow, components }
}

function text(content: string): object {
  return { type: ComponentType.TextDisplay, content }
}

/** Expects the API to refuse such components, complaining about the field. */
async function refusedComponents(
  stage: Stage,
  components: readonly object[],
  field: string,
  flags?: typeof V2,
) {
  const body = flags ? { components, flags } : { content: 'x', components }
  await refused(stage, { status: 400, code: 50035, field }, () => send(stage, body))
}

function rowCases(contract: Contract): void {
  contract('keeps buttons', 'components/reference#button', async (stage) => {
    const link = {
      style: ButtonStyle.Link,
      label: 'Go',
      url: 'https://example.com/',
      custom_id: undefined,
    }
    const message = await send(stage, { content: 'x', components: [row(button(), button(link))] })
    const [kept] = message.components ?? []
    assert.ok(kept?.type === ComponentType.ActionRow)
    assert.deepEqual(
      kept.components.map(({ type }) => type),
      [ComponentType.Button, ComponentType.Button],
    )
    assert.equal('custom_id' in kept.components[0]! && kept.components[0].custom_id, 'press')
  })

  contract(
    'takes five rows of old',
    'components/reference#legacy-message-component-behavior',
    async (stage) => {
      const rows = Array.from({ length: 6 }, (_, i) => row(button({ custom_id: String(i) })))
      assert.equal(
        (await send(stage, { content: 'x', components: rows.slice(1) })).components?.length,
        5,
      )
      await refusedComponents(stage, rows, 'components')
    },
  )

  contract('takes five buttons in a row', 'components/reference#action-row', async (stage) => {
    const buttons = Array.from({ length: 6 }, (_, i) => button({ custom_id: String(i) }))
    await refusedComponents(stage, [row(...buttons)], 'components.0.components')
  })

  contract(
    'refuses the same custom_id twice',
    'components/reference#anatomy-of-a-component-custom-id',
    async (stage) => {
      await refusedComponents(
        stage,
        [row(button(), button())],
        'components.0.components.1.custom_id',
      )
    },
  )

  contract(
    'takes a custom_id of 100 characters',
    'components/reference#anatomy-of-a-component-custom-id',
    async (stage) => {
      const field = 'components.0.components.0.custom_id'
      await send(stage, { content: 'x', components: [row(button({ custom_id: 'x'.repeat(100) }))] })
      await refusedComponents(stage, [row(button({ custom_id: 'x'.repeat(101) }))], field)
      await refusedComponents(stage, [row(button({ custom_id: undefined }))], field)
    },
  )

  contract(
    'takes a label of 80 characters',
    'components/reference#button-button-structure',
    async (stage) => {
      const field = 'components.0.components.0.label'
      await refusedComponents(stage, [row(button({ label: 'x'.repeat(81) }))], field)
    },
  )

  contract(
    'wants a link of link buttons',
    'components/reference#button-button-structure',
    async (stage) => {
      const link = { style: ButtonStyle.Link, custom_id: undefined }
      await refusedComponents(stage, [row(button(link))], 'components.0.components.0.url')
    },
  )
}

function select(details: object = {}): object {
  const options = [
    { label: 'A', value: 'a' },
    { label: 'B', value: 'b' },
  ]
  return { type: ComponentType.StringSelect, custom_id: 'choose', options, ...details }
}

function selectCases(contract: Contract): void {
  contract('keeps a select', 'components/reference#string-select', async (stage) => {
    const message = await send(stage, {
      content: 'x',
      components: [row(select({ max_values: 2 }))],
    })
    const [kept] = message.components ?? []
    assert.ok(kept?.type === ComponentType.ActionRow)
    const [given] = kept.components
    assert.ok(given?.type === ComponentType.StringSelect)
    assert.deepEqual([given.max_values, given.options.map(({ value }) => value)], [2, ['a', 'b']])
  })

  contract(
    'takes 25 options',
    'components/reference#string-select-string-select-structure',
    async (stage) => {
      const options = Array.from({ length: 26 }, (_, i) => ({ label: `${i}`, value: `${i}` }))
      await refusedComponents(
        stage,
        [row(select({ options }))],
        'components.0.components.0.options',
      )
    },
  )

  contract(
    'refuses two options of one value',
    'components/reference#string-select-select-option-structure',
    async (stage) => {
      const options = [
        { label: 'A', value: 'a' },
        { label: 'B', value: 'a' },
      ]
      const field = 'components.0.components.0.options.1'
      await refusedComponents(stage, [row(select({ options }))], field)
    },
  )

  contract('has a select fill its row', 'components/reference#action-row', async (stage) => {
    const body = { content: 'x', components: [row(select(), button())] }
    await refused(stage, { status: 400, code: 50035 }, () => send(stage, body))
  })
}

function newForms(contract: Contract): void {
  contract(
    'keeps the new components, and numbers them',
    'components/reference#anatomy-of-a-component',
    async (stage) => {
      const components = [
        text('# Heading'),
        { type: ComponentType.Separator, divider: true, spacing: 1 },
        {
          type: ComponentType.Container,
          accent_color: 0x12_34_56,
          components: [
            {
              type: ComponentType.Section,
              components: [text('beside')],
              accessory: button(),
            },
          ],
        },
      ]
      const message = await send(stage, { components, flags: V2 })
      assert.equal(message.content, '')
      assert.ok(((message.flags ?? 0) & V2) !== 0)
      const kept = message.components ?? []
      assert.deepEqual(
        kept.map(({ type }) => type),
        [ComponentType.TextDisplay, ComponentType.Separator, ComponentType.Container],
      )
      const ids = kept.map(({ id }) => id)
      assert.ok(ids.every((id) => typeof id === 'number' && id > 0))
      assert.equal(new Set(ids).size, ids.length)
    },
  )

  contract(
    'shows uploaded pictures in a gallery, with alternative text',
    'components/reference#media-gallery',
    async (stage) => {
      const { general, sandbox } = stage
      const message = await general.send({
        flags: V2,
        files: [{ attachment: PNG, name: 'gallery.png' }],
        components: [
          {
            type: ComponentType.MediaGallery,
            items: [
              {
                media: { url: 'attachment://gallery.png' },
                description: 'two pixels',
                spoiler: true,
              },
            ],
          },
        ],
      })
      const [gallery] = message.components
      assert.ok(gallery?.type === ComponentType.MediaGallery)
      const [item] = gallery.items
      assert.deepEqual([item?.description, item?.spoiler], ['two pixels', true])
      assert.ok(item?.media.data.url.startsWith(sandbox.cdn))
    },
  )

  contract(
    'pings who is written in a text display',
    'resources/message#allowed-mentions-object',
    async (stage) => {
      const components = [text(`<@${stage.ada.id}>`)]
      assert.equal((await send(stage, { components, flags: V2 })).mentions.length, 1)
      const silent = { components, flags: V2, allowed_mentions: { parse: [] } }
      assert.equal((await send(stage, silent)).mentions.length, 0)
    },
  )
}

function newLimits(contract: Contract): void {
  contract(
    'wants the flag for the new components',
    'components/reference#component-object',
    async (stage) => {
      await refusedComponents(stage, [text('x')], 'components.0')
    },
  )

  contract(
    'refuses content and embeds beside them',
    'components/reference#component-object',
    async (stage) => {
      const components = [text('x')]
      const content = { components, flags: V2, content: 'no' }
      await refused(stage, { status: 400, code: 50035, field: 'content' }, () =>
        send(stage, content),
      )
      const embeds = { components, flags: V2, embeds: [{ title: 'no' }] }
      await refused(stage, { status: 400, code: 50035, field: 'embeds' }, () => send(stage, embeds))
    },
  )

  contract('takes 40 components in all', 'components/reference#component-object', async (stage) => {
    const inner = Array.from({ length: 20 }, (_, i) => text(`${i}`))
    const outer = Array.from({ length: 19 }, (_, i) => text(`${i}`))
    const container = { type: ComponentType.Container, components: inner }
    await send(stage, { components: [container, ...outer], flags: V2 })
    await refusedComponents(stage, [container, ...outer, text('x')], 'components', V2)
  })

  contract(
    'takes ten pictures in a gallery',
    'components/reference#media-gallery-media-gallery-structure',
    async (stage) => {
      const items = Array.from({ length: 11 }, () => ({
        media: { url: 'https://example.com/a.png' },
      }))
      const gallery = { type: ComponentType.MediaGallery, items }
      await refusedComponents(stage, [gallery], 'components.0.items', V2)
    },
  )

  contract(
    'takes alternative text of 1024 characters in a gallery',
    'components/reference#media-gallery-media-gallery-item-structure',
    async (stage) => {
      const items = [{ media: { url: 'https://example.com/a.png' }, description: 'x'.repeat(1025) }]
      const gallery = { type: ComponentType.MediaGallery, items }
      await refusedComponents(stage, [gallery], 'components.0.items.0.description', V2)
    },
  )

  contract(
    'wants an accessory of a section',
    'components/reference#section-section-structure',
    async (stage) => {
      const section = { type: ComponentType.Section, components: [text('x')] }
      await refusedComponents(stage, [section], 'components.0.accessory', V2)
    },
  )

  contract(
    'cannot go back from the new components',
    'resources/message#edit-message',
    async (stage) => {
      const { id } = await send(stage, { components: [text('x')], flags: V2 })
      const path = Routes.channelMessage(stage.general.id, id)
      const edited = await typed<APIMessage>(
        stage.rest.patch(path, { body: { components: [text('y')] } }),
      )
      assert.ok(((edited.flags ?? 0) & V2) !== 0)
      const act = () => stage.rest.patch(path, { body: { content: 'old', components: [] } })
      await refused(stage, { status: 400, code: 50035 }, act)
    },
  )
}
