/**
 * Dispatches gateway events. The errors of events end here; a request that fails after its job is
 * stored is told in bot/messages/failures.ts.
 *
 * An InputError is shown as its sentence in the person's language. A known error of Discord's API
 * is handled as bot/discord/api-errors.ts says. Anything else is a bug: it is logged with a
 * short id, and the person is shown the id.
 */

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
import { catalogFor } from '../commands/i18n/catalog.ts'
import { MENU_COMMANDS, SLASH_COMMANDS } from '../commands/index.ts'
import { deleteConfirmed } from '../commands/privacy.ts'
import { InputError } from '../config/errors.ts'
import { PRIVACY_DELETE_ID } from './discord/custom-id.ts'
import { createApp, type App, type AppDeps } from './app.ts'
import { replyTo } from './discord/reply.ts'
import { detached } from './operations/detached.ts'
import { JobTakenError, RestartingError } from './jobs/job-context.ts'
import type { GiveUpHandler, JobHandler } from './jobs/jobs.ts'
import { mirrorDeletions } from './mirror-deletions.ts'
import { sentenceFor, ToldError, tryToSend } from './messages/failures.ts'
import { AfterAnswerError } from './requests/publish.ts'
import { inRequest } from './operations/logs.ts'
import { localeOfMessage, storeLocale } from './requests/locale.ts'
import type { Hearing } from './requests/incoming/message-intent.ts'
import type { Metrics } from './operations/metrics.ts'
import { errorCode, errorKind } from './discord/api-errors.ts'

export type DispatchDeps = AppDeps & {
  readonly metrics: Pick<Metrics, 'request' | 'stage' | 'cache'>
}

/** Work that the event listeners start. */
export type Dispatcher = {
  /** Resumes a job that another process left. */
  readonly resumeJob: JobHandler
  /** Tells the person that such a job has no answer. */
  readonly giveUpJob: GiveUpHandler
  /** Repeats deletions that another process left; what fails is logged and retried. */
  readonly resumeDeletions: () => Promise<void>
  /** Resumes cases of moderation that another process left; retried once if that fails. */
  readonly resume: () => Promise<void>
  /** Waits for cases in progress. */
  readonly stop: () => Promise<void>
  /** Ends the rest, once no more events come. */
  readonly close: () => Promise<void>
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
    runLogged(message.id, () =>
      handleMessage(message, (onHearing) => app.messages.onMessage(message, onHearing), log),
    )
    runLogged(message.id, () => moderateMessage(() => app.moderation.onMessage(message), log))
    runLogged(message.id, () => indexMessage(() => app.indexing.onMessage(message), log))
  })
  client.on(Events.MessageUpdate, (before, message) => {
    runLogged(message.id, () => app.previews.onUpdate(message))
    if (!message.partial) {
      runLogged(message.id, () =>
        handleMessage(message, (onHearing) => app.messages.onEdit(before, message, onHearing), log),
      )
    }
    runLogged(message.id, () => moderateMessage(() => app.moderation.onMessageUpdate(message), log))
    runLogged(message.id, () => indexMessage(() => app.indexing.onMessageUpdate(message), log))
  })
  client.on(Events.Error, (error) => log.error({ err: error }, 'discord client'))
  const stopForgetting = mirrorDeletions(client, app, parts)
  return {
    resumeJob: (job, context) => handleJob(() => app.resume(job, context), log),
    giveUpJob: (job, context, outcome) => handleJob(() => app.giveUp(job, context, outcome), log),
    resumeDeletions: () => app.eraser.resume(),
    resume: () => app.moderation.resume(),
    stop: () => {
      stopForgetting()
      app.eraser.stop()
      app.reconciliation.stop()
      return app.moderation.stop()
    },
    close: () => app.close(),
  }
}

/** Runs a job that another process left. What its person must know, they are told by now. */
async function handleJob(run: () => Promise<void>, log: Logger): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (error instanceof RestartingError) {
      throw error
    }
    sentenceFor(error, catalogFor(undefined), log)
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
    const text = catalogFor(interaction.locale)
    const sentence = sentenceFor(error, text, log)
    if (sentence !== undefined && interaction.isRepliable()) {
      await tryToSend(log, () => answerError(interaction, sentence))
    }
    return outcomeOf(error instanceof ToldError ? error.cause : error)
  }
}

/** How a request ended, for the metrics: `refused`: bad input or a limit. */
type Outcome =
  | 'answered'
  | 'refused'
  | 'handed-back'
  | 'gone'
  | 'taken'
  | 'forbidden'
  | 'closed'
  | 'failed'

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

/** The label of an interaction in the metrics. */
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
  { services, buttons, find, moderation }: App,
): Promise<void> {
  const text = catalogFor(interaction.locale)
  if (interaction.isChatInputCommand()) {
    const command = SLASH_COMMANDS.find(({ data }) => data.name === interaction.commandName)
    await known(command).execute(interaction, services, text)
  } else if (interaction.isMessageContextMenuCommand()) {
    const command = MENU_COMMANDS.find(({ data }) => data.name === interaction.commandName)
    await known(command).execute(interaction, services, text)
  } else if (interaction.isAutocomplete()) {
    await complete(interaction, services)
  } else if (interaction.isButton() && interaction.customId === PRIVACY_DELETE_ID) {
    await deleteConfirmed(interaction, services, text)
  } else if (interaction.isButton() && find.owns(interaction.customId)) {
    await services.deferred(interaction, async () => {
      await interaction.editReply(await find.page(interaction, text))
    })
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

/** Handles an event that no person waits for: errors are only logged. */
async function moderateMessage(look: () => Promise<void>, log: Logger): Promise<void> {
  try {
    await look()
  } catch (error) {
    if (errorKind(error) === 'bug') {
      log.error({ err: error }, 'a message could not be looked at for moderation')
    } else if (errorKind(error) !== 'gone') {
      log.info({ code: errorCode(error) }, 'moderation may not do something there')
    }
  }
}

/** Reads a message's pictures for /find; nobody waits for that either. */
async function indexMessage(index: () => Promise<void>, log: Logger): Promise<void> {
  try {
    await index()
  } catch (error) {
    if (errorKind(error) === 'bug') {
      log.error({ err: error }, 'the words in a picture could not be stored for /find')
    }
  }
}

/** Answers a message, or tells its author why not if they asked. */
async function handleMessage(
  message: Message,
  answer: (onHearing: (known: Partial<Hearing>) => void) => Promise<void>,
  log: Logger,
): Promise<void> {
  // The store may be what failed, so the language is not read from it again.
  let hearing: Hearing = { locale: localeOfMessage(message), asked: false, settled: () => {} }
  try {
    await answer((known) => {
      hearing = { ...hearing, ...known }
    })
  } catch (error) {
    const sentence = sentenceFor(error, catalogFor(hearing.locale), log)
    if (sentence !== undefined && errorKind(error) !== 'forbidden' && hearing.asked) {
      await tryToSend(log, () => replyTo(message).finish({ content: sentence }))
    }
  } finally {
    hearing.settled()
  }
}

/** Keeps an existing answer: the action of its button failed, not the answer. */
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
