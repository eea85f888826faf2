/** Components V2: valid payloads, responses, and validation errors. */

import assert from 'node:assert/strict'
import { ComponentType, MessageFlags, Routes } from 'discord.js'
import type { APIMessage } from 'discord.js'
import { button, refusedComponents, send } from './components.ts'
import { typed } from '../../helpers/discord-client.ts'
import { PNG } from '../../helpers/pictures.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'

const V2 = MessageFlags.IsComponentsV2

/** Cases of Components V2. */
export function newComponentCases(contract: Contract): void {
  newForms(contract)
  newLimits(contract)
}

function text(content: string): object {
  return { type: ComponentType.TextDisplay, content }
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
