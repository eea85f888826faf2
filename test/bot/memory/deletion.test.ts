/** What is deleted while the bot answers about it; deletion.slow.test.ts tests each way at all its steps. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { Events } from 'discord.js'
import { EN } from '../../../commands/i18n/en.ts'
import { removeMember } from 'loopback-discord/members'
import {
  deleteAt,
  describeDeletions,
  QUESTION,
  REPLY,
  useMembers,
} from '../../helpers/deletion-steps.ts'
import { deletePrivacy, startDemoBot, triangle } from '../../helpers/demo-bot.ts'
import { hold, kept, leftOver } from '../../helpers/held-bot.ts'

// Each way at one of its steps, another one than the way before.
describeDeletions(({ steps }, number) => [steps[number % steps.length]!])

describe('one who waits for what is deleted', () => {
  const { members, goToNewChannel, heard } = useMembers()

  it('is told', async () => {
    const { demo, ada, lin } = members()
    goToNewChannel()
    const posted = await ada.upload(triangle())
    const held = hold(demo, 'describe')
    const asked = await lin.useMenu(EN.commands.describeMenu, posted)
    await held.reached
    await ada.delete(posted)
    assert.equal((await lin.answer(asked)).content, EN.errors['conversation/deleted'])
    held.release()
  })

  it('a form about a deleted message asks nothing any more', async () => {
    const { demo, ada, lin } = members()
    const channelId = goToNewChannel()
    const posted = await ada.upload(triangle())
    const form = await lin.modal(await lin.useMenu(EN.commands.askMenu, posted))
    assert.equal((await kept(demo, posted.id)).length, 1)
    await heard(Events.MessageDelete, () => ada.delete(posted))
    assert.deepEqual(await leftOver(demo, posted.id), [])
    const answer = await lin.answer(await lin.submit(form, { question: QUESTION }))
    assert.equal(answer.content, EN.errors['conversation/unknown'])
    assert.deepEqual(await leftOver(demo, channelId), [])
  })

  it('what comes after /memory forget channel is remembered again', async () => {
    const { ada, lin, mo } = members()
    goToNewChannel()
    await mo.slash('memory forget', { what: 'channel' })
    await deletePrivacy(ada)
    await ada.slash('describe', { image: triangle('again.webp') })
    assert.match((await lin.slash('memory show')).content, /again\.webp/)
  })
})

describe('a server that the bot is removed from while it answers', () => {
  for (const step of ['describing', 'delivering', 'delivered'] as const) {
    it(`while ${step}: keeps nothing`, async () => {
      const demo = await startDemoBot()
      try {
        const ada = await demo.join('ada')
        const { world } = demo.sandbox
        await deleteAt(demo, step, {
          steps: [step],
          sent: REPLY,
          begin: async () => {
            await ada.upload(triangle(), `<@${demo.bot.client.user.id}>`)
            return async () => {
              const left = once(demo.bot.client, Events.GuildDelete)
              removeMember(world, world.guild, demo.bot.client.user.id)
              await left
            }
          },
        })
        assert.deepEqual(await leftOver(demo, world.guild.id), [])
      } finally {
        await demo.close()
      }
    })
  }
})
