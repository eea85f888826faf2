/** One test for each place a picture can hide in, on messages as discord.js reads them. */

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { type APIMessage, Client, ComponentType, Message, MessageType } from 'discord.js'
import { emojiIn, everythingShownIn, picturesIn } from '../../../bot/discord/message-pictures.ts'

const CDN = 'https://cdn.discordapp.com'
const PROXY = 'https://images-ext-1.discordapp.net'
const client = new Client({ intents: [] })

/** A message as discord.js makes it of Discord's data. */
function message(parts: object): Message {
  const data: Partial<APIMessage> = {
    id: '1000000000000000001',
    channel_id: '1000000000000000002',
    type: MessageType.Default,
    content: '',
    attachments: [],
    embeds: [],
    components: [],
    mentions: [],
    mention_roles: [],
    timestamp: '2026-01-01T00:00:00.000Z',
    author: {
      id: '1000000000000000003',
      username: 'ada',
      discriminator: '0',
      avatar: null,
      global_name: null,
    },
    ...parts,
  }
  // The constructor is private in the types only; this is how discord.js itself reads a message.
  const made: unknown = Reflect.construct(Message, [client, data])
  assert.ok(made instanceof Message)
  return made
}

function attachment(parts: object = {}) {
  return {
    id: '1000000000000000009',
    filename: 'cat.png',
    size: 12,
    url: `${CDN}/attachments/2/9/cat.png?ex=1`,
    proxy_url: `${CDN}/attachments/2/9/cat.png?ex=1`,
    content_type: 'image/png',
    ...parts,
  }
}

/** Media of Components V2, as received. */
function media(name: string, contentType = 'image/png') {
  return {
    url: `https://example.com/${name}`,
    proxy_url: `${PROXY}/x/${name}`,
    content_type: contentType,
  }
}

function found(parts: object) {
  return picturesIn(message(parts)).map(({ url, spoiler, altText }) => ({ url, spoiler, altText }))
}

function named(filename: string, content_type: string): number {
  return picturesIn(message({ attachments: [attachment({ filename, content_type })] })).length
}

describe('picturesIn', () => {
  after(() => client.destroy())

  it('finds attachments, with what their author wrote', () => {
    const [picture] = picturesIn(message({ attachments: [attachment({ description: 'a cat' })] }))
    assert.deepEqual(picture, {
      key: '1000000000000000009',
      url: `${CDN}/attachments/2/9/cat.png?ex=1`,
      size: 12,
      name: 'cat.png',
      spoiler: false,
      altText: 'a cat',
      source: {
        channelId: '1000000000000000002',
        messageId: '1000000000000000001',
        authorId: '1000000000000000003',
      },
    })
  })

  it('leaves out attachments that are no pictures', () => {
    const attachments = [
      attachment({ id: '11', filename: 'a.mp4', content_type: 'video/mp4' }),
      attachment({ id: '12', filename: 'a.svg', content_type: 'image/svg+xml' }),
      attachment({ id: '13', filename: 'a.txt', content_type: undefined }),
    ]
    assert.deepEqual(found({ attachments }), [])
    const unnamed = attachment({ filename: 'A.WEBP', content_type: undefined })
    assert.equal(found({ attachments: [unnamed] }).length, 1)
  })

  it('goes by the name where the content type says nothing', () => {
    assert.equal(named('photo.jfif', 'application/octet-stream'), 1)
    assert.equal(named('photo.zip', 'application/octet-stream'), 0)
    assert.equal(named('photo.jfif', 'application/zip'), 0)
  })

  it('keeps a spoiler one, by its flag or by its name', () => {
    const byFlag = attachment({ id: '11', flags: 1 << 3 })
    const byName = attachment({ id: '12', filename: 'SPOILER_cat.png' })
    const plain = attachment({ id: '13', flags: 1 << 2 })
    assert.deepEqual(
      found({ attachments: [byFlag, byName, plain] }).map(({ spoiler }) => spoiler),
      [true, true, false],
    )
  })

  it('finds the image of an embed, by Discord’s proxy', () => {
    const embed = {
      type: 'rich',
      image: { url: 'https://example.com/i.png', proxy_url: `${PROXY}/x/i.png` },
    }
    assert.deepEqual(found({ embeds: [embed] }), [
      { url: `${PROXY}/x/i.png`, spoiler: false, altText: null },
    ])
  })

  it('finds an image whose address is not well-formed', () => {
    const url = `${PROXY}/x/win%ZZ.png`
    const embed = { type: 'image', image: { url: 'https://example.com/i.png', proxy_url: url } }
    assert.deepEqual(found({ embeds: [embed] }), [{ url, spoiler: false, altText: null }])
  })

  it('finds the thumbnail of an embed', () => {
    const embed = {
      type: 'image',
      thumbnail: { url: 'https://example.com/t.png', proxy_url: `${PROXY}/x/t.png` },
    }
    assert.deepEqual(
      found({ embeds: [embed] }).map(({ url }) => url),
      [`${PROXY}/x/t.png`],
    )
  })

  it('finds the pictures of a gallery, with their alt text and spoilers', () => {
    const gallery = {
      type: ComponentType.MediaGallery,
      items: [
        { media: media('a.png'), description: 'first' },
        { media: media('b.png'), spoiler: true },
        { media: media('c.mp4', 'video/mp4') },
      ],
    }
    assert.deepEqual(found({ flags: 1 << 15, components: [gallery] }), [
      { url: `${PROXY}/x/a.png`, spoiler: false, altText: 'first' },
      { url: `${PROXY}/x/b.png`, spoiler: true, altText: null },
    ])
  })

  it('finds the thumbnail of a section inside a container, which may hide it', () => {
    const section = {
      type: ComponentType.Section,
      components: [{ type: ComponentType.TextDisplay, content: 'hello' }],
      accessory: { type: ComponentType.Thumbnail, media: media('t.png'), description: 'small' },
    }
    const container = (spoiler: boolean) => ({
      type: ComponentType.Container,
      spoiler,
      components: [section],
    })
    assert.deepEqual(found({ flags: 1 << 15, components: [container(false)] }), [
      { url: `${PROXY}/x/t.png`, spoiler: false, altText: 'small' },
    ])
    assert.equal(found({ flags: 1 << 15, components: [container(true)] })[0]?.spoiler, true)
  })

  it('finds a file component that is a picture', () => {
    const file = (name: string, type: string) => ({
      type: ComponentType.File,
      file: { ...media(name, type), proxy_url: `${CDN}/attachments/2/9/${name}` },
      spoiler: true,
    })
    const components = [file('f.png', 'image/png'), file('f.pdf', 'application/pdf')]
    assert.deepEqual(found({ flags: 1 << 15, components }), [
      { url: `${CDN}/attachments/2/9/f.png`, spoiler: true, altText: null },
    ])
  })

  it('finds what a forwarded message holds', () => {
    const snapshot = {
      type: 0,
      content: '',
      attachments: [attachment()],
      embeds: [],
      timestamp: '2026-01-01T00:00:00.000Z',
      edited_timestamp: null,
      flags: 0,
      mentions: [],
      mention_roles: [],
    }
    const [picture] = picturesIn(
      message({
        message_reference: { type: 1, channel_id: '5', message_id: '6' },
        message_snapshots: [{ message: snapshot }],
      }),
    )
    assert.equal(picture?.name, 'cat.png')
    assert.equal(picture?.source?.messageId, '1000000000000000001')
  })

  it('finds stickers, but not those that are drawings in motion', () => {
    const stickers = [
      { id: '21', name: 'wave', format_type: 1 },
      { id: '22', name: 'dance', format_type: 3 },
    ]
    const urls = found({ sticker_items: stickers }).map(({ url }) => url)
    assert.equal(urls.length, 1)
    assert.match(urls[0]!, /stickers\/21\.png/)
  })

  it('finds no custom emoji, which emojiIn does', () => {
    const shown = message({
      content:
        'a <:wave:100000000000000021> ||<a:dance:100000000000000022>|| `<:c:100000000000000023>`',
      attachments: [attachment()],
    })
    assert.equal(picturesIn(shown).length, 1)
    assert.deepEqual(
      emojiIn(shown).map(({ key, name, spoiler }) => [key, name, spoiler]),
      [
        ['emoji-100000000000000021', 'wave', false],
        ['emoji-100000000000000022', 'dance', true],
      ],
    )
    const [wave, dance] = emojiIn(shown)
    assert.equal(wave?.url, `${CDN}/emojis/100000000000000021.png?size=128`)
    assert.match(dance!.url, /emojis\/100000000000000022\.gif/)
    // What an edit leaves: these are kept.
    assert.deepEqual(
      everythingShownIn(shown).map(({ key }) => key),
      ['1000000000000000009', 'emoji-100000000000000021', 'emoji-100000000000000022'],
    )
  })

  it('finds each link once', () => {
    const embed = { type: 'rich', image: { url: `${CDN}/a/x.png?ex=1` } }
    const again = { type: 'rich', image: { url: `${CDN}/a/x.png?ex=2` } }
    assert.equal(found({ embeds: [embed, again] }).length, 1)
  })

  describe('a spoilered link', () => {
    const LINK = 'https://example.com/cat.png'
    const OTHER = 'https://example.com/dog.png'
    const previewOf = (url: string | undefined) => ({
      type: 'image',
      url,
      thumbnail: { url: LINK, proxy_url: `${PROXY}/x/cat.png`, width: 1, height: 1 },
    })
    const isSpoiler = (content: string, url: string | undefined = LINK) =>
      found({ content, embeds: [previewOf(url)] })[0]?.spoiler

    it('has a preview that is a spoiler', () => {
      for (const content of [`|| ${LINK} ||`, `||${LINK}||`, `look ||at\n${LINK} there|| now`]) {
        assert.equal(isSpoiler(content), true, content)
      }
      assert.equal(isSpoiler(`||${LINK}|| and ${LINK}`), true, 'once is enough')
      assert.equal(isSpoiler('||https://example.com||', 'https://example.com/'), true)
    })

    it('hides previews that cannot be told from its own', () => {
      assert.equal(isSpoiler(`||${LINK}||`, 'https://example.com/canonical'), true)
      assert.equal(isSpoiler(`||${LINK}||`, undefined), true)
      assert.equal(isSpoiler(`||${OTHER}|| ${LINK}`), false)
    })

    it('is none without both bars, in code, or around something else', () => {
      for (const content of [LINK, `|| ${LINK}`, `\`||\` ${LINK} \`||\``, `||not|| ${LINK}`]) {
        assert.equal(isSpoiler(content), false, content)
      }
    })

    it('stays one in a forward', () => {
      const snapshot = { content: `||${LINK}||`, embeds: [previewOf(LINK)], attachments: [] }
      const forward = {
        message_reference: { type: 1, channel_id: '5', message_id: '6' },
        message_snapshots: [{ message: { ...snapshot, type: 0 } }],
      }
      assert.equal(found(forward)[0]?.spoiler, true)
    })
  })
})
