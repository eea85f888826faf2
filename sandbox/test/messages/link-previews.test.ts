/** The previews of links: when they come, for which links, and what they show. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { MessageFlags, Routes } from 'discord.js'
import type { APIMessage, REST } from 'discord.js'
import { Member } from '../../src/test-client/client.ts'
import { ManualClock } from '../../src/protocol/clock.ts'
import { PERMISSION } from '../../src/world/permissions.ts'
import { restOf, typed } from '../helpers/discord-client.ts'
import { PNG } from '../helpers/pictures.ts'
import { startWatchedSandbox } from '../helpers/watched-sandbox.ts'
import type { WatchedSandbox } from '../helpers/watched-sandbox.ts'

const DELAY_MS = 250
const CACHE_LIFE_MS = 30 * 60 * 1000

const clock = new ManualClock(Date.now())
let sandbox: WatchedSandbox
let rest: REST
let ada: Member
let count = 0

before(async () => {
  sandbox = await startWatchedSandbox({ clock, rateLimits: 'off', linkDelayMs: DELAY_MS })
  rest = restOf(sandbox)
  ada = await Member.connect(sandbox.url)
})

after(async () => {
  ada.close()
  await sandbox.close()
})

/** A new link to a picture, which no message has had yet. */
async function pictureLink(): Promise<string> {
  count += 1
  const url = `https://example.com/${count}/cat.png`
  await sandbox.links.register(url, { pictures: [{ name: 'cat.png', bytes: PNG }] })
  return url
}

/** The message when its previews have come. */
function previewed(message: APIMessage, embeds = 1): Promise<APIMessage> {
  clock.advance(DELAY_MS)
  return ada.changed(message, (changed) => changed.embeds.length === embeds)
}

/**
 * Expects that this message gets no previews, which would come before that of a later message.
 *
 * @param changes how often it was edited.
 */
async function assertUnpreviewed({ id }: APIMessage, changes = 0): Promise<void> {
  await previewed(await ada.say(await pictureLink()))
  const events = ada.events.filter(({ message }) => message?.id === id)
  assert.deepEqual(
    events.map(({ message }) => message?.embeds),
    Array.from({ length: 1 + changes }, () => []),
  )
}

function get({ channel_id: channel, id }: APIMessage): Promise<APIMessage> {
  return typed(rest.get(Routes.channelMessage(channel, id)))
}

describe('the preview of a link', () => {
  it('comes later in an update, which is no edit', async () => {
    const url = await pictureLink()
    const message = await ada.say(`look: ${url}`)
    assert.deepEqual(message.embeds, [])
    clock.advance(DELAY_MS - 1)
    assert.deepEqual((await get(message)).embeds, [])
    const { embeds, edited_timestamp: edited, content } = await previewed(message)
    assert.equal(edited, null)
    assert.equal(content, `look: ${url}`)
    const [embed] = embeds
    assert.equal(embed?.type, 'image')
    assert.equal(embed.url, url)
    assert.equal(embed.thumbnail?.url, url)
    assert.deepEqual([embed.thumbnail.width, embed.thumbnail.height], [2, 1])
    assert.deepEqual((await get(message)).embeds, embeds)
  })

  it('is there at once if the link was previewed before, for half an hour', async () => {
    const url = await pictureLink()
    const { embeds } = await previewed(await ada.say(url))
    const second = await ada.say(url)
    assert.deepEqual(second.embeds, embeds)
    clock.advance(CACHE_LIFE_MS)
    assert.deepEqual((await ada.say(url)).embeds, [])
  })

  it('has the picture on the media proxy, under a link that does not expire', async () => {
    const { embeds } = await previewed(await ada.say(await pictureLink()))
    const { proxy_url: proxy = '' } = embeds[0]?.thumbnail ?? {}
    assert.match(proxy, /^http:\/\/127\.0\.0\.1:\d+\/media\/external\/\d+\/cat\.png$/)
    clock.advance(48 * 60 * 60 * 1000)
    const response = await fetch(proxy)
    assert.equal(response.headers.get('content-type'), 'image/png')
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG)
  })

  it('is not shown for links in angle brackets, in code, or to nothing known', async () => {
    const url = await pictureLink()
    for (const text of [
      `<${url}>`,
      `[a cat](<${url}>)`,
      `\`${url}\``,
      `\`\`\`\n${url}\n\`\`\``,
      'https://example.com/unknown.png',
    ]) {
      await assertUnpreviewed(await ada.say(text))
    }
  })

  it('is shown for links among punctuation, in masked links and in spoilers', async () => {
    for (const [open, close] of [
      ['(see ', ').'],
      ['**', '**'],
      ['[a cat](', ')'],
      ['|| ', ' ||'],
      ['||', '||'],
    ]) {
      const url = await pictureLink()
      const { embeds } = await previewed(await ada.say(`${open}${url}${close}`))
      // That the link is a spoiler is in the content only.
      assert.deepEqual(Object.keys(embeds[0] ?? {}).toSorted(), ['thumbnail', 'type', 'url'])
      assert.equal(embeds[0]?.url, url)
    }
  })

  it('is hidden by SUPPRESS_EMBEDS and comes back without it', async () => {
    const url = await pictureLink()
    const path = Routes.channelMessages(ada.channelId)
    const flags = MessageFlags.SuppressEmbeds
    const message = await typed<APIMessage>(rest.post(path, { body: { content: url, flags } }))
    await assertUnpreviewed(message)
    await rest.patch(Routes.channelMessage(message.channel_id, message.id), { body: { flags: 0 } })
    await previewed(message)
    const other = await previewed(await ada.say(await pictureLink()))
    const hidden = await typed<APIMessage>(
      rest.patch(Routes.channelMessage(other.channel_id, other.id), { body: { flags } }),
    )
    assert.deepEqual(hidden.embeds, [])
  })

  it('goes with its link, and comes with one that an edit adds', async () => {
    const message = await previewed(await ada.say(await pictureLink()))
    assert.deepEqual((await ada.edit(message, 'no link')).embeds, [])
    const url = await pictureLink()
    assert.deepEqual((await ada.edit(message, url)).embeds, [])
    clock.advance(DELAY_MS)
    await ada.changed(message, ({ embeds }) => embeds[0]?.url === url)
  })

  it('does not come for a deleted message or a link that was edited out', async () => {
    const deleted = await ada.say(await pictureLink())
    await ada.delete(deleted)
    const edited = await ada.say(await pictureLink())
    await ada.edit(edited, 'never mind')
    await assertUnpreviewed(deleted)
    await assertUnpreviewed(edited, 1)
  })

  it('needs Embed Links', async () => {
    const everyone = sandbox.world.guild.roles.get(sandbox.world.guild.id)
    assert.ok(everyone)
    const { permissions } = everyone
    everyone.permissions &= ~PERMISSION.embedLinks
    const message = await ada.say(await pictureLink())
    everyone.permissions = permissions
    await assertUnpreviewed(message)
  })

  it('shows attachments and samples of the sandbox by their links', async () => {
    const { attachments } = await ada.upload({ name: 'cat.png', bytes: PNG })
    const links = [attachments[0]?.url ?? '', `${sandbox.url}/samples/hearts.webp`]
    const { embeds } = await previewed(await ada.say(links.join(' ')), 2)
    assert.deepEqual(
      embeds.map(({ type, thumbnail }) => [type, thumbnail?.width !== undefined]),
      [
        ['image', true],
        ['image', true],
      ],
    )
    const response = await fetch(embeds[0]?.thumbnail?.proxy_url ?? '')
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), PNG)
  })

  it('goes along with a forward', async () => {
    const message = await previewed(await ada.say(await pictureLink()))
    const forward = await ada.forward(message, 'memes')
    assert.deepEqual(forward.message_snapshots?.[0]?.message.embeds, message.embeds)
  })

  it('shows a page or a post as it was registered over HTTP', async () => {
    const url = 'https://example.com/post'
    const form = new FormData()
    form.set('payload_json', JSON.stringify({ url, title: 'A post', provider: 'Example' }))
    for (const number of [0, 1]) {
      form.set(`files[${number}]`, new Blob([new Uint8Array(PNG)]), 'cat.png')
    }
    const response = await fetch(`${sandbox.url}/sandbox/links`, { method: 'POST', body: form })
    assert.equal(response.status, 200)
    const { embeds } = await previewed(await ada.say(url), 2)
    const [first, second] = embeds
    assert.deepEqual([first?.title, first?.provider?.name], ['A post', 'Example'])
    // The embed of another picture has the link only.
    assert.deepEqual(Object.keys(second ?? {}).toSorted(), ['thumbnail', 'type', 'url'])
    assert.equal(second?.url, url)
    const body = JSON.stringify({ url: 'file:///etc/passwd' })
    const refusal = await fetch(`${sandbox.url}/sandbox/links`, { method: 'POST', body })
    assert.equal(refusal.status, 400)
  })

  it('is found by a search for embeds', async () => {
    const message = await previewed(await ada.say(await pictureLink()))
    const path = `/guilds/${sandbox.world.guild.id}/messages/search` as const
    const query = new URLSearchParams({ has: 'embed', sort_order: 'desc' })
    const found = await typed<{ messages: APIMessage[][] }>(rest.get(path, { query }))
    assert.ok(found.messages.flat().some(({ id }) => id === message.id))
  })

  it('is made of five links at most', async () => {
    const links: string[] = []
    while (links.length < 6) {
      links.push(await pictureLink())
    }
    const { embeds } = await previewed(await ada.say(links.join('\n')), 5)
    assert.deepEqual(
      embeds.map(({ url }) => url),
      links.slice(0, 5),
    )
  })
})
