/** Responses to interactions: time limits, size limits, and follow-ups. */

import assert from 'node:assert/strict'
import { ChannelType, DiscordAPIError, MessageFlags, Routes } from 'discord.js'
import type { APIMessage, ChatInputCommandInteraction } from 'discord.js'
import { ManualClock } from '../../../src/protocol/clock.ts'
import { Member } from '../../../src/test-client/client.ts'
import { startWatchedSandbox } from '../../helpers/watched-sandbox.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import { use } from './interactions.ts'
import { logIn, restOf, typed } from '../../helpers/discord-client.ts'
import { ALL_EVENTS, nextRaw } from '../stage.ts'
import type { Stage } from '../stage.ts'

const MINUTE_MS = 60_000

/** Cases of answers. */
export function answerCases(contract: Contract): void {
  firstCases(contract)
  laterCases(contract)
  clockCases(contract)
}

/** Lets time pass. */
type Pass = (ms: number) => void

/** A stage of its own, whose clock the case moves. */
async function onClock(run: (stage: Stage, pass: Pass) => Promise<void>): Promise<void> {
  const clock = new ManualClock(Date.now())
  const sandbox = await startWatchedSandbox({ clock })
  const client = await logIn(sandbox, ALL_EVENTS)
  const ada = await Member.connect(sandbox.url)
  const guild = client.guilds.cache.first()!
  const general = client.channels.cache.get(ada.channelId)
  let back: Promise<unknown> | undefined
  const pass = (ms: number) => {
    // Minutes without a heartbeat end the connection; only one that is back can be ended well.
    if (ms >= MINUTE_MS) {
      back ??= nextRaw(client, 'RESUMED')
    }
    clock.advance(ms)
  }
  try {
    assert.ok(general?.type === ChannelType.GuildText)
    await run(
      { sandbox, client, rest: restOf(sandbox), guild, general, ada, lin: ada, heard: new Set() },
      pass,
    )
  } finally {
    await back
    ada.close()
    await client.destroy()
    await sandbox.close()
  }
}

/** Answers by REST, since discord.js keeps from answering twice. */
function callback({ rest }: Stage, { id, token }: ChatInputCommandInteraction, body: object) {
  return rest.post(Routes.interactionCallback(id, token), { body, auth: false })
}

function firstCases(contract: Contract): void {
  const source = 'interactions/receiving-and-responding#create-interaction-response'

  contract('answers with a message', source, async (stage) => {
    const interaction = await use(stage)
    const { resource, interaction: about } = await interaction.reply({
      content: 'here',
      withResponse: true,
    })
    const message = resource?.message
    assert.equal(message?.content, 'here')
    assert.equal(message.interactionMetadata?.id, interaction.id)
    assert.equal(message.interactionMetadata.user.id, stage.ada.id)
    assert.deepEqual(
      [about.responseMessageId, about.responseMessageEphemeral, about.responseMessageLoading],
      [message.id, false, false],
    )
    assert.equal(message.webhookId, stage.client.application.id)
  })

  contract('answers once: 40060', source, async (stage) => {
    const interaction = await use(stage)
    await interaction.reply('one')
    const again = () => callback(stage, interaction, { type: 4, data: { content: 'two' } })
    await refused(stage, { status: 400, code: 40060 }, again)
  })

  contract('knows its interactions only: 10062', source, async (stage) => {
    const act = () =>
      stage.rest.post(Routes.interactionCallback('1', 'token'), { body: { type: 5 }, auth: false })
    await refused(stage, { status: 404, code: 10062 }, act)
  })

  contract(
    'does not update a message that there is not',
    'interactions/receiving-and-responding#interaction-response-object-interaction-callback-type',
    async (stage) => {
      const interaction = await use(stage)
      const act = () => callback(stage, interaction, { type: 7, data: { content: 'x' } })
      await refused(stage, { status: 400, code: 50035, field: 'type' }, act)
      await interaction.reply('x')
    },
  )

  contract('lets a refused answer be followed by a better one', source, async (stage) => {
    const interaction = await use(stage)
    const long = { type: 4, data: { content: 'x'.repeat(2001) } }
    const expected = { status: 400, code: 50035, field: 'data.content' }
    await refused(stage, expected, () => callback(stage, interaction, long))
    await callback(stage, interaction, { type: 4, data: { content: 'short' } })
  })

  contract(
    'pings users only, unless told otherwise',
    'resources/message#allowed-mentions-object-default-settings-for-allowed-mentions',
    async (stage) => {
      const interaction = await use(stage)
      const content = `@everyone <@${stage.lin.id}>`
      const { resource } = await interaction.reply({ content, withResponse: true })
      assert.equal(resource?.message?.mentions.everyone, false)
      assert.deepEqual([...resource.message.mentions.users.keys()], [stage.lin.id])
    },
  )
}

function laterCases(contract: Contract): void {
  contract(
    'shows that it is thinking, then answers',
    'interactions/receiving-and-responding#edit-original-interaction-response',
    async (stage) => {
      const interaction = await use(stage)
      const { resource } = await interaction.deferReply({ withResponse: true })
      const waiting = resource?.message
      assert.ok(waiting)
      assert.ok(waiting.flags.has(MessageFlags.Loading))
      const done = await interaction.editReply('thought')
      assert.deepEqual([done.id, done.content], [waiting.id, 'thought'])
      assert.equal(done.flags.has(MessageFlags.Loading), false)
    },
  )

  contract(
    'gets and deletes the original',
    'interactions/receiving-and-responding#get-original-interaction-response',
    async (stage) => {
      const interaction = await use(stage)
      await interaction.reply('original')
      assert.equal((await interaction.fetchReply()).content, 'original')
      await interaction.deleteReply()
      await assert.rejects(interaction.fetchReply(), { status: 404, code: 10008 })
    },
  )

  contract(
    'follows up',
    'interactions/receiving-and-responding#create-followup-message',
    async (stage) => {
      const interaction = await use(stage)
      await interaction.reply('first')
      const second = await interaction.followUp('second')
      const edited = await interaction.editReply({ message: second, content: 'second, better' })
      assert.deepEqual([edited.id, edited.content], [second.id, 'second, better'])
      await interaction.deleteReply(second)
      assert.equal((await interaction.fetchReply()).content, 'first')
    },
  )

  contract(
    'hides ephemeral answers from everyone else',
    'resources/message#message-object-message-flags',
    async (stage) => {
      const interaction = await use(stage)
      await interaction.reply({ content: 'for you', flags: MessageFlags.Ephemeral })
      const { id, flags } = await interaction.fetchReply()
      assert.ok(flags.has(MessageFlags.Ephemeral))
      await stage.ada.until((told) => told.message?.id === id)
      const gone = () => stage.rest.get(Routes.channelMessage(stage.general.id, id))
      await refused(stage, { status: 404, code: 10008 }, gone)
      assert.ok(stage.lin.events.every((told) => told.message?.id !== id))
    },
  )

  contract(
    'keeps a deferred answer as private as it was deferred',
    'interactions/receiving-and-responding#interaction-response-object-messages',
    async (stage) => {
      const interaction = await use(stage)
      await interaction.deferReply({ flags: MessageFlags.Ephemeral })
      const done = await interaction.editReply('private')
      assert.ok(done.flags.has(MessageFlags.Ephemeral))
    },
  )

  contract(
    'takes an answer in the new components',
    'interactions/receiving-and-responding#interaction-response-object-messages',
    async (stage) => {
      const interaction = await use(stage)
      await interaction.deferReply()
      const components = [{ type: 10 as const, content: 'new' }]
      const done = await interaction.editReply({ components, flags: MessageFlags.IsComponentsV2 })
      assert.equal(done.components.length, 1)
      assert.ok(done.flags.has(MessageFlags.IsComponentsV2))
    },
  )

  contract(
    'needs no bot token to answer',
    'interactions/receiving-and-responding#followup-messages',
    async (stage) => {
      const interaction = await use(stage)
      await interaction.reply('open')
      const path = Routes.webhookMessage(
        stage.client.application.id,
        interaction.token,
        '@original',
      )
      const message = await typed<APIMessage>(stage.rest.get(path, { auth: false }))
      assert.equal(message.content, 'open')
    },
  )
}

function clockCases(contract: Contract): void {
  contract(
    'limits edits of messages older than an hour: 30046',
    'topics/opcodes-and-status-codes#json-json-error-codes',
    () =>
      onClock(async (stage, pass) => {
        const { rest, general } = stage
        const { id } = await general.send('old')
        const path = Routes.channelMessage(general.id, id)
        const edit = () => rest.patch(path, { body: { content: 'again' } })
        await edit()
        pass(61 * MINUTE_MS)
        const failures = await stage.sandbox.wrongly(() =>
          Promise.all(
            Array.from({ length: 40 }, () =>
              edit().then(
                () => null,
                (error: unknown) => error,
              ),
            ),
          ),
        )
        assert.equal(failures[0], null)
        const failure = failures.at(-1)
        assert.ok(failure instanceof DiscordAPIError && failure.code === 30046)
      }),
  )

  const source = 'interactions/receiving-and-responding#interaction-callback'

  contract('waits three seconds: 10062', source, () =>
    onClock(async (stage, pass) => {
      const interaction = await use(stage)
      pass(3001)
      await refused(stage, { status: 404, code: 10062 }, () => interaction.reply('late'))
    }),
  )

  contract('lets a token live fifteen minutes: 50027', source, () =>
    onClock(async (stage, pass) => {
      const interaction = await use(stage)
      await interaction.deferReply()
      pass(14 * MINUTE_MS)
      await interaction.editReply('in time')
      pass(MINUTE_MS)
      await refused(stage, { status: 401, code: 50027 }, () => interaction.editReply('late'))
    }),
  )
}
