/** Pictures with too little structure for a hash: words and people still find them. */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { drawTemplate } from '../../../bench/moderation/templates.ts'
import { fingerprintOf } from '../../../bot/pictures/fingerprint.ts'
import { EN } from '../../../commands/i18n/en.ts'
import { button } from '../../helpers/demo-bot.ts'
import { type ModeratedServer, startModeratedServer } from '../../helpers/moderated-server.ts'

const { buttons, case: words, menu, menus } = EN.moderation

/** One line on white. */
async function oneLine(seed: number) {
  const bytes = await drawTemplate('one line', 0, { words: seed, voice: 'scam' })
  assert.equal(await fingerprintOf(bytes), null)
  return { name: `line-${seed}.png`, bytes: new Uint8Array(bytes) }
}

describe('a picture without structure', { timeout: 120_000 }, () => {
  let server: ModeratedServer

  before(async () => {
    server = await startModeratedServer()
    await server.setUp({ mode: 'approve' })
  })
  after(() => server.close())

  it('is a hit of a rule by words, and can be tested', async () => {
    const rule = { name: 'prizes', words: 'cash prize=9, betfalk*=9' }
    await server.mo.slash('moderation rule add', rule)
    const image = await oneLine(1)
    const tested = await server.mo.slash('moderation rule test', { image })
    assert.match(tested.content, /\*\*prizes\*\*: 9 points/)
    server.ada.switchTo('general')
    const posted = await server.ada.upload(image)
    const { content } = await server.aCase(/the words of “prizes”: 9 points/)
    assert.ok(content.includes(posted.id) && content.includes(words.onlyHere), content)
    // Another one joins the case, as pictures with other words do.
    const next = await server.ada.upload(await oneLine(6))
    await server.aCase(new RegExp(`Where \\(2 messages\\).*${next.id}`))
  })

  it('is decided without a list that it could be on', async () => {
    const [caseMessage] = server.cases()
    await server.mo.press(caseMessage!, button(caseMessage!, buttons.dismiss))
    const { content } = await server.aCase(/Dismiss: /)
    assert.ok(!content.includes(words.allowed) && !content.includes('⚠'), content)
    const list = await server.mo.slash('moderation hash list')
    assert.equal(list.content, EN.moderation.hashes.none)
    await server.mo.slash('moderation rule remove', { name: 'prizes' })
  })

  it('can be reported, and not be marked, as it would not be found again', async () => {
    const seen = new Set(server.cases().map(({ id }) => id))
    const posted = await server.ada.upload(await oneLine(3))
    const lin = await server.join('lin', { channel: 'general' })
    assert.equal((await lin.menu(menus.report, posted)).content, menu.reported)
    const { content } = await server.aCase(/reported by/, seen)
    assert.ok(content.includes(posted.id), content)
    server.mo.switchTo('general')
    const marked = await server.mo.menu(menus.mark, await server.ada.upload(await oneLine(7)))
    assert.equal(marked.content, EN.errors['image/plain'])
    assert.equal(server.cases().length, 2)
  })
})
