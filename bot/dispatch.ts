/**
 * Runs what people ask for. The one place where errors end.
 *
 * An InputError is shown as its sentence in the person's language. What Discord refuses for a known reason
 * is told or left, as bot/discord/api-errors.ts has it. Anything else is a bug: it is logged with a
 * short id, and the person is shown the id.
 */

import { randomBytes } from 'node:crypto'
import {
  type AutocompleteInteraction,
  type Client,
  Events,
  type Interaction,
  type Message,
  MessageFlags,
  type RepliableInteraction,
} from 'discord.js'
import type { Logger } from 'pino'
import { plainMessage } from '../commands/answer-text.ts'
import { catalogueFor, sentenceOf } from '../commands/i18n/catalogue.ts'
import type { Catalogue } from '../commands/i18n/words.ts'
import { MENU_COMMANDS, SLASH_COMMANDS } from '../commands/index.ts'
import { InputError } from '../config/errors.ts'
import { createApp, type App, type AppDeps } from './app.ts'
import { Delivery } from './discord/reply.ts'
import { detached } from './operations/detached.ts'
import type { Job } from './jobs/job-record.ts'
import { type JobContext, type JobHandler, JobTakenError, RestartingError } from './jobs/jobs.ts'
import { mirrorDeletions } from './mirror-deletions.ts'
import { AfterAnswerError } from './requests/publish.ts'
import { inRequest } from './operations/logs.ts'
import { localeOfMessage, storeLocale } from './requests/locale.ts'
import type { Metrics } from './operations/metrics.ts'
import { errorCode, errorKind } from './discord/api-errors.ts'
import { requestSchema } from './requests/request.ts'

export type DispatchDeps = AppDeps & {
  readonly metrics: Pick<Metrics, 'request' | 'stage' | 'cache'>
}

/** What is to be done besides listening. */
export type Dispatcher = {
  /** Resumes a job that another process left. */
  readonly resumeJob: JobHandler
  /** Resumes cases of moderation that another process left; if that fails, later once more. */
  readonly resume: () => Promise<void>
  /** Finishes cases that are under way. */
  readonly stop: () => Promise<void>
}

/** Listens to the client's events until it is destroyed. */
export function dispatch(client: Client, parts: DispatchDeps): Dispatcher {
  const { log, metrics } = parts
  const app = createApp(client, parts)
  const runLogged = (id: string, work: () => Promise<void>) => {
    inRequest(id, () => detached(log, 'an event could not be handled', work))
  }
  client.on(Events.InteractionCreate, (interaction) => {
    runLogged(interaction.id, async () => {
      const outcome = await handleInteraction(interaction, app, log)
      metrics.request(metricName(interaction), outcome)
      metrics.stage('answer', Math.max(0, Date.now() - interaction.createdTimestamp) / 1000)
      await storeLocale(interaction, app.users, log)
    })
  })
  client.on(Events.MessageCreate, (message) => {
    runLogged(message.id, () => handleMessage(message, app, log))
    runLogged(message.id, () => moderateMessage(() => app.moderation.onMessage(message), log))
  })
  client.on(Events.MessageUpdate, (_, message) => {
    runLogged(message.id, () => moderateMessage(() => app.moderation.onMessageUpdate(message), log))
  })
  client.on(Events.Error, (error) => log.error({ err: error }, 'discord client'))
  const stopForgetting = mirrorDeletions(client, app, parts)
  return {
    resumeJob: (job, context) => handleJob(job, context, { client, app, log }),
    resume: () => app.moderation.resume(),
    stop: () => {
      stopForgetting()
      return app.moderation.stop()
    },
  }
}

/** A job left by another process; only its address is left to tell of an error. */
async function handleJob(
  job: Job,
  context: JobContext,
  { client, app, log }: { client: Client; app: App; log: Logger },
): Promise<void> {
  try {
    await app.resume(job, context)
  } catch (error) {
    if (error instanceof RestartingError) {
      throw error
    }
    const request = requestSchema.safeParse(job.request)
    const text = catalogueFor(request.data?.locale)
    const sentence = sentenceFor(error, text, log)
    // Nobody asked for alt text, and what was to be reworded stays as it was.
    const silent = request.data?.kind === 'alt-text' || request.data?.kind === 'again'
    if (sentence !== undefined && !silent) {
      const delivery = new Delivery(client.rest, job.answer, context.nonce)
      await tryToSend(log, () => delivery.finish({ content: sentence }))
    }
  }
}

async function handleInteraction(
  interaction: Interaction,
  app: App,
  log: Logger,
): Promise<Outcome> {
  try {
    await run(interaction, app)
    return 'answered'
  } catch (error) {
    const text = catalogueFor(interaction.locale)
    const sentence = sentenceFor(error, text, log)
    if (sentence !== undefined && interaction.isRepliable()) {
      await tryToSend(log, () => answerError(interaction, sentence))
    }
    return outcomeOf(error)
  }
}

/** How a request ended, for the metrics: `refused` is the person's or the limits' doing. */
type Outcome = 'answered' | 'refused' | 'handed-back' | 'gone' | 'taken' | 'forbidden' | 'failed'

function outcomeOf(error: unknown): Outcome {
  if (error instanceof RestartingError) {
    return 'handed-back'
  }
  if (error instanceof InputError) {
    return 'refused'
  }
  if (error instanceof AfterAnswerError) {
    return 'answered'
  }
  const meaning = error instanceof JobTakenError ? 'taken' : errorKind(error)
  return meaning === 'bug' ? 'failed' : meaning
}

/** What an interaction is called in the metrics. */
function metricName(interaction: Interaction): string {
  if (interaction.isCommand() || interaction.isAutocomplete()) {
    const required = [...SLASH_COMMANDS, ...MENU_COMMANDS].some(
      ({ data }) => data.name === interaction.commandName,
    )
    const name = required ? interaction.commandName : 'unknown'
    return interaction.isAutocomplete() ? `${name} autocomplete` : name
  }
  return interaction.isButton() ? 'button' : interaction.isModalSubmit() ? 'form' : 'other'
}

async function run(
  interaction: Interaction,
  { services, buttons, moderation }: App,
): Promise<void> {
  const text = catalogueFor(interaction.locale)
  if (interaction.isChatInputCommand()) {
    const command = SLASH_COMMANDS.find(({ data }) => data.name === interaction.commandName)
    await known(command).execute(interaction, services, text)
  } else if (interaction.isMessageContextMenuCommand()) {
    const command = MENU_COMMANDS.find(({ data }) => data.name === interaction.commandName)
    await known(command).execute(interaction, services, text)
  } else if (interaction.isAutocomplete()) {
    await complete(interaction, services)
  } else if (interaction.isButton()) {
    const { customId } = interaction
    await (moderation.buttons.owns(customId) ? moderation.buttons : buttons).pressed(interaction)
  } else if (interaction.isModalSubmit()) {
    const { customId } = interaction
    await (moderation.buttons.owns(customId) ? moderation.buttons : buttons).submitted(interaction)
  }
}

async function complete(interaction: AutocompleteInteraction, services: App['services']) {
  const command = SLASH_COMMANDS.find(({ data }) => data.name === interaction.commandName)
  await command?.complete?.(interaction, services)
}

function known<T>(command: T | undefined): T {
  if (command === undefined) {
    throw new InputError('command/unknown')
  }
  return command
}

/** Nobody asked, so nobody is told of an error. */
async function moderateMessage(look: () => Promise<void>, log: Logger): Promise<void> {
  try {
    await look()
  } catch (error) {
    if (errorKind(error) !== 'gone') {
      log.error({ err: error }, 'a message could not be looked at for moderation')
    }
  }
}

async function handleMessage(message: Message, { messages }: App, log: Logger): Promise<void> {
  // The store may be what failed, so it is not asked for the language again.
  let locale = localeOfMessage(message)
  try {
    await messages.onMessage(message, (known) => {
      locale = known
    })
  } catch (error) {
    const sentence = sentenceFor(error, catalogueFor(locale), log)
    if (sentence !== undefined && errorKind(error) !== 'forbidden' && isAddressed(message)) {
      await tryToSend(log, () =>
        message.reply({ ...plainMessage(sentence), failIfNotExists: false }),
      )
    }
  }
}

/** Whether a message speaks to the bot: where nobody asked, nobody is told of an error. */
function isAddressed({ guildId, mentions, client }: Message): boolean {
  const { id } = client.user
  return guildId === null || mentions.users.has(id) || mentions.repliedUser?.id === id
}

/**
 * What the person is told; undefined if nobody is there to be told. Logs what is not theirs to mend.
 */
function sentenceFor(error: unknown, text: Catalogue, log: Logger): string | undefined {
  if (error instanceof InputError) {
    return sentenceOf(error, text)
  }
  if (error instanceof JobTakenError) {
    return undefined
  }
  if (error instanceof AfterAnswerError) {
    if (errorKind(error.cause) === 'bug') {
      log.error({ err: error }, 'an answer could not be finished')
    }
    return undefined
  }
  const meaning = errorKind(error)
  if (meaning === 'forbidden') {
    log.info({ code: errorCode(error) }, 'not allowed there')
    return text.errors['bot/no-access']
  }
  if (meaning !== 'bug') {
    log.info({ code: errorCode(error), meaning }, 'nobody to answer')
    return undefined
  }
  const id = randomBytes(4).toString('hex')
  log.error({ err: error, id }, 'a request failed')
  return text.errors['bot/bug']({ id })
}

/** An answer already there is not overwritten: what a button did to it failed, not the answer. */
async function answerError(interaction: RepliableInteraction, sentence: string): Promise<void> {
  const ephemeral = { ...plainMessage(sentence), flags: MessageFlags.Ephemeral } as const
  if (!interaction.deferred && !interaction.replied) {
    await interaction.reply(ephemeral)
  } else if (interaction.isButton() && interaction.ephemeral === null) {
    await interaction.followUp(ephemeral)
  } else {
    await interaction.editReply({ ...plainMessage(sentence), components: [] })
  }
}

/** Shows the sentence; where even that fails (the token expired, say), it is only logged. */
async function tryToSend(log: Logger, send: () => Promise<unknown>): Promise<void> {
  try {
    await send()
  } catch (error) {
    log.warn({ err: error }, 'could not tell the person')
  }
}
