/** Files: uploaded with messages, described, and fetched from the CDN. */

import assert from 'node:assert/strict'
import { AttachmentBuilder, AttachmentFlags, Events, Routes } from 'discord.js'
import type { APIAttachment, APIMessage } from 'discord.js'
import { EMOJIS, STICKERS } from '../../../src/cdn/stickers.ts'
import { logIn, typed } from '../../helpers/discord-client.ts'
import { PNG } from '../../helpers/pictures.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { next } from '../stage.ts'
import type { Stage } from '../stage.ts'

/** Cases of files. */
export function fileCases(contract: Contract): void {
  stickerCases(contract)
  uploadCases(contract)
  keepCases(contract)
  cdnCases(contract)
}

async function upload(
  { rest, general }: Stage,
  name: string,
  details: object = {},
): Promise<APIMessage> {
  return typed(
    rest.post(Routes.channelMessages(general.id), {
      body: { attachments: [{ id: '0', filename: name, ...details }] },
      files: [{ name, data: PNG }],
    }),
  )
}

async function attachmentOf(message: Promise<APIMessage>): Promise<APIAttachment> {
  const [attachment] = (await message).attachments
  assert.ok(attachment)
  return attachment
}

function uploadCases(contract: Contract): void {
  contract(
    'keeps a file with its size and dimensions',
    'resources/message#attachment-object',
    async ({ general }) => {
      const { attachments } = await general.send({ files: [{ attachment: PNG, name: 'cat.png' }] })
      const file = attachments.first()
      assert.ok(file)
      assert.deepEqual(
        [file.name, file.size, file.contentType],
        ['cat.png', PNG.length, 'image/png'],
      )
      assert.deepEqual([file.width, file.height], [2, 1])
    },
  )

  contract(
    'keeps alternative text of 1024 characters',
    'resources/message#attachment-object',
    async (stage) => {
      const described = (description: string) =>
        stage.general.send({
          files: [new AttachmentBuilder(PNG, { name: 'alt.png', description })],
        })
      const { attachments } = await described('x'.repeat(1024))
      assert.equal(attachments.first()?.description, 'x'.repeat(1024))
      const field = 'attachments.0.description'
      await refused(stage, { status: 400, code: 50035, field }, () => described('x'.repeat(1025)))
    },
  )

  contract(
    'hides spoilers',
    'resources/message#attachment-object-attachment-flags',
    async (stage) => {
      const file = await attachmentOf(upload(stage, 'plot.png', { is_spoiler: true }))
      assert.ok(((file.flags ?? 0) & AttachmentFlags.IsSpoiler) !== 0)
      const named = await attachmentOf(upload(stage, 'SPOILER_plot.png'))
      assert.equal(named.filename, 'SPOILER_plot.png')
    },
  )

  contract('cleans names', 'reference#uploading-files', async (stage) => {
    const file = await attachmentOf(upload(stage, 'my cat (1).png'))
    assert.match(file.filename, /^[\w.-]+$/)
    assert.match(file.filename, /\.png$/)
  })

  contract(
    'takes ten files',
    'topics/opcodes-and-status-codes#json-json-error-codes',
    async (stage) => {
      const files = Array.from({ length: 11 }, (_, i) => ({ attachment: PNG, name: `${i}.png` }))
      const { attachments } = await stage.general.send({ files: files.slice(0, 10) })
      assert.equal(attachments.size, 10)
      await assert.rejects(
        stage.sandbox.wrongly(() => stage.general.send({ files })),
        { status: 400 },
      )
    },
  )

  contract('takes files of 10 MiB: 40005', 'reference#uploading-files', async (stage) => {
    const attachment = Buffer.alloc(10 * 1024 * 1024 + 1)
    const act = () => stage.general.send({ files: [{ attachment, name: 'big.bin' }] })
    await refused(stage, { status: 413, code: 40005 }, act)
  })
}

function keepCases(contract: Contract): void {
  contract(
    'keeps the files that an edit lists',
    'reference#editing-message-attachments',
    async (stage) => {
      const { general } = stage
      const files = ['a.png', 'b.png'].map((name) => ({ attachment: PNG, name }))
      const message = await general.send({ content: 'two', files })
      const kept = message.attachments.filter(({ name }) => name === 'b.png')
      const edited = await message.edit({
        attachments: [...kept.values()],
        files: [{ attachment: PNG, name: 'c.png' }],
      })
      assert.deepEqual(
        edited.attachments.map(({ name }) => name),
        ['b.png', 'c.png'],
      )
      const untouched = await message.edit('still two')
      assert.equal(untouched.attachments.size, 2)
    },
  )

  contract(
    'changes the alternative text of a kept file',
    'resources/message#edit-message',
    async (stage) => {
      const message = await upload(stage, 'plain.png')
      const route = Routes.channelMessage(message.channel_id, message.id)
      const attachments = [{ id: message.attachments[0]!.id, description: 'now described' }]
      const edited = await typed<APIMessage>(stage.rest.patch(route, { body: { attachments } }))
      assert.equal(edited.attachments[0]?.description, 'now described')
    },
  )
}

function stickerCases(contract: Contract): void {
  contract(
    'has a sticker of each format and custom emoji, with their files',
    'resources/sticker#get-sticker',
    async ({ sandbox, ada }) => {
      const { url } = sandbox
      const client = await logIn(sandbox, {
        intents: ['Guilds', 'GuildMessages'],
        rest: { api: sandbox.api, cdn: url, mediaProxy: url },
      })
      const types = ['application/json; charset=utf-8', 'image/png', 'image/png', 'image/gif']
      for (const [i, { id }] of STICKERS.entries()) {
        const heard = next(client, Events.MessageCreate, ({ stickers }) => stickers.size > 0)
        await ada.stick(id)
        const [message] = await heard
        const sticker = await message.stickers.first()!.fetch()
        assert.equal(sticker.id, id)
        const response = await fetch(sticker.url)
        assert.equal(response.headers.get('content-type'), types[i])
        assert.ok((await response.arrayBuffer()).byteLength > 100)
      }
      await assert.rejects(client.fetchSticker('1'), { code: 10060 })
      assert.equal((await fetch(`${url}/stickers/${STICKERS[0]!.id}.png`)).status, 404)
      for (const { id, file } of EMOJIS) {
        const extension = file.endsWith('.gif') ? 'gif' : 'png'
        const emoji = await fetch(client.rest.cdn.emoji(id, { extension, size: 64 }))
        assert.equal(emoji.headers.get('content-type'), `image/${extension}`)
      }
      await client.destroy()
    },
  )
}

function cdnCases(contract: Contract): void {
  contract(
    'serves files with type and length',
    'reference#signed-attachment-cdn-urls',
    async (stage) => {
      const file = await attachmentOf(upload(stage, 'served.png'))
      for (const url of [file.url, file.proxy_url]) {
        const response = await fetch(url)
        assert.equal(response.status, 200)
        assert.equal(response.headers.get('content-type'), 'image/png')
      }
      const response = await fetch(file.url)
      assert.equal(response.headers.get('content-length'), String(PNG.length))
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG)
    },
  )

  contract(
    'signs links with ex, is and hm',
    'reference#signed-attachment-cdn-urls',
    async (stage) => {
      const file = await attachmentOf(upload(stage, 'signed.png'))
      const { searchParams } = new URL(file.url)
      const [expires, issued] = ['ex', 'is'].map((key) => parseInt(searchParams.get(key) ?? '', 16))
      assert.ok(expires! > issued!)
      assert.ok(Math.abs(issued! - Date.now() / 1000) < 60)
      assert.match(searchParams.get('hm') ?? '', /^[0-9a-f]{64}$/)
      const later = file.url.replace(/ex=[0-9a-f]+/, `ex=${(expires! + 3600).toString(16)}`)
      assert.equal((await fetch(later)).status, 404)
      assert.equal((await fetch(file.url.split('?')[0]!)).status, 404)
    },
  )

  contract('resizes through the media proxy', 'reference#image-formatting', async (stage) => {
    const file = await attachmentOf(upload(stage, 'resized.png'))
    const response = await fetch(`${file.proxy_url}width=1&height=1`)
    assert.equal(response.status, 200)
    const bytes = Buffer.from(await response.arrayBuffer())
    // Width and height of a PNG stand after its first chunk’s name.
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [1, 1])
  })

  contract(
    'forgets the files of a deleted message',
    'resources/message#delete-message',
    async (stage) => {
      const message = await upload(stage, 'gone.png')
      const { url } = message.attachments[0]!
      await stage.general.messages.delete(message.id)
      assert.equal((await fetch(url)).status, 404)
    },
  )
}
