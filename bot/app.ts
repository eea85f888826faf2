/** Composes the app: services of the commands, buttons, messages, memory and moderation. */

import { type Client, MessageFlags, Routes } from 'discord.js'
import type { Logger } from 'pino'
import type { Asking, Services, SettingsService } from '../commands/command.ts'
import type { Model } from '../inference/contract/types.ts'
import { CommandJobs } from './requests/command-jobs.ts'
import type { RequestDeps } from './requests/context.ts'
import { RequestHandler } from './requests/handler.ts'
import { recentChoices } from './requests/questions/ask-subject.ts'
import { QuestionFlow } from './requests/questions/question-flow.ts'
import { AnswerButtons } from './requests/answer-buttons.ts'
import { Deletions } from './memory/deletions.ts'
import { shownBytes } from './messages/shown-files.ts'
import { QuestionCheck } from './messages/question-check.ts'
import { RequestIntake } from './requests/submit.ts'
import { Find } from './find/find-command.ts'
import { Indexing } from './find/indexing.ts'
import { withDeferredReply } from './discord/deferral.ts'
import { errorKind } from './discord/api-errors.ts'
import { Eraser } from './memory/eraser.ts'
import { GuildSettingsStore } from './memory/guild-settings.ts'
import { attachedPicture } from './discord/message-pictures.ts'
import { Typing } from './messages/typing.ts'
import type { JobHandler, Jobs } from './jobs/jobs.ts'
import { PendingDeletions } from './memory/pending-deletions.ts'
import type { WaitingJobs } from './memory/message-eraser.ts'
import { ConversationRecords } from './memory/records.ts'
import { ConversationStore } from './memory/conversation-store.ts'
import { currentPictures } from './messages/current-picture.ts'
import { LinkPreviews } from './messages/link-previews.ts'
import { MessageRequests } from './requests/incoming/message-intent.ts'
import type { Metrics } from './operations/metrics.ts'
import { Moderation } from './moderation/moderation.ts'
import { Reconciliation } from './reconciliation.ts'
import { UserStore } from './memory/user-store.ts'
import { viewerOf } from './discord/picture-access.ts'
import { menuPictures } from './discord/picture-finder.ts'
import type { FetchPicture } from './pictures/download.ts'
import { Pictures } from './pictures/pictures.ts'
import { memoryService } from './memory/memory-command.ts'
import { onePerPerson, privacyService } from './memory/privacy.ts'
import type { Store } from './store/types.ts'
import type { ModelPlace } from '../config/models.ts'
import type { OwnsGuild } from '../config/shards.ts'

/** What the app is built from. */
export type AppDeps = {
  readonly model: Model
  /** Whether the model is open; absent: it is. */
  readonly isOpen?: () => boolean
  /** Where the model runs; absent: here. */
  readonly modelPlace?: () => ModelPlace
  readonly fetchPicture: FetchPicture
  readonly store: Store
  readonly jobs: Jobs
  readonly metrics?: Pick<Metrics, 'cache' | 'moderation'>
  /** Whether a server's events come to this process; absent: all do. */
  readonly ownsGuild?: OwnsGuild
  /** How long conversations are kept after their last use, at most; milliseconds. */
  readonly retentionMs: number
  readonly log: Logger
  /** How long after a failure cases are resumed and deletions repeated; tests wait for less. */
  readonly retryAfterMs?: number
}

export type App = {
  readonly services: Services
  readonly buttons: AnswerButtons
  readonly find: Find
  readonly messages: MessageRequests
  readonly previews: LinkPreviews
  readonly indexing: Indexing
  readonly eraser: Eraser
  readonly settings: GuildSettingsStore
  readonly users: UserStore
  readonly moderation: Moderation
  readonly reconciliation: Reconciliation
  /** Resumes a job that another process left. */
  readonly resume: RequestIntake['carryOut']
  /** Tells the person that such a job has no answer. */
  readonly giveUp: RequestIntake['giveUp']
  /** Ends what is being decoded; once no more events come. */
  readonly close: () => Promise<void>
}

type IntakeStores = Pick<RequestDeps, 'pictures' | 'memory' | 'users' | 'settings' | 'eraser'> & {
  readonly deletions: Deletions
  readonly moderation: Moderation
}

function privacyOf(
  moderation: Moderation,
  stores: Omit<Parameters<typeof privacyService>[0], 'modelPlace'>,
  modelPlace: () => ModelPlace,
): Services['privacy'] {
  return onePerPerson(moderation.withPrivacy(privacyService({ ...stores, modelPlace })))
}

/** Creates the app for one client. */
export function createApp(client: Client, deps: AppDeps): App {
  const { model, store, retentionMs } = deps
  const about = () => ({ text: model.card.about, languages: model.card.languages })
  const pictures = openPictures(client, deps)
  const pending = new PendingDeletions(deps)
  const records = new ConversationRecords(store, pictures, pending)
  const memory = new ConversationStore(records)
  const deletions = new Deletions()
  const users = new UserStore(store, deletions)
  const settings = new GuildSettingsStore(store, retentionMs)
  const deletePost = postDeleter(client, deps.log)
  const commands = new CommandJobs({ client, jobs: deps.jobs, deletions, log: deps.log })
  const handling = { deferred: commands.run.bind(commands), count: deps.metrics?.moderation }
  const moderation = new Moderation(client, { ...deps, pictures, deletions, ...handling })
  const waiting = waitingJobs(deps.jobs, (job, context) => intake.giveUp(job, context, 'deleted'))
  const deletion = { records, deletions, pending, deletePost, moderation, jobs: waiting }
  const eraser = new Eraser({ ...deletion, users, settings, pictures })
  const stores = { pictures, memory, users, settings, eraser, deletions }
  const reconciliation = new Reconciliation(client, { ...deps, ...stores, records, moderation })
  const indexing = new Indexing({ ...stores, client, model, searchable: records.searchable })
  const find = new Find({ client, model, pictures, searchable: records.searchable, settings })
  const intake = createIntake(client, deps, { ...stores, moderation })
  const questions = new QuestionFlow({ memory, intake, deletions, model, about })
  const previews = new LinkPreviews()
  return {
    services: {
      describe: describeService(intake, settings),
      ask: questions.ask.bind(questions),
      compare: questions.compare.bind(questions),
      deferred: deferredService(commands),
      openQuestion: (interaction) => questions.openForMessage(interaction),
      ...pictureServices(memory),
      recent: (interaction, typed) => recentChoices(memory, interaction, typed),
      memory: memoryService({ memory, eraser }),
      find,
      privacy: privacyOf(moderation, stores, deps.modelPlace ?? (() => 'here')),
      moderation: moderation.service(),
      settings: settingsService(settings, indexing),
      about,
      knows: () => model.card.domain?.knows ?? null,
    },
    buttons: new AnswerButtons({ questions, intake, memory, eraser }),
    find,
    messages: new MessageRequests({ intake, memory, users, settings, previews, about }),
    previews,
    indexing,
    eraser,
    settings,
    users,
    moderation,
    reconciliation,
    resume: resumeWith(commands, eraser, intake),
    giveUp: (job, context, outcome) => intake.giveUp(job, context, outcome),
    close: () => pictures.close(),
  }
}

function openPictures(client: Client, deps: AppDeps): Pictures {
  const countCacheLookup = deps.metrics?.cache
  return new Pictures({
    ...deps,
    client,
    ...(countCacheLookup && { looked: countCacheLookup }),
  })
}

/** The settings; what is not to be searched any more is deleted. */
function settingsService(settings: GuildSettingsStore, indexing: Indexing): SettingsService {
  return {
    of: (guildId) => settings.of(guildId),
    change: async (guildId, change) => {
      await settings.change(guildId, change)
      await indexing.deleteUnsearchable(guildId)
    },
  }
}

/** Which pictures a command is about. */
function pictureServices(
  memory: ConversationStore,
): Pick<Services, 'pictureOf' | 'picturesOf' | 'newest'> {
  return {
    pictureOf: attachedPicture,
    picturesOf: (interaction) => menuPictures(interaction),
    newest: (interaction) => currentPictures(interaction.channel, viewerOf(interaction), memory),
  }
}

function deferredService(commands: CommandJobs): Services['deferred'] {
  return (interaction, work, redo = null) => {
    // The person sees the bot thinking, or the message of the button stays as it is.
    const defer = () =>
      interaction.isButton()
        ? interaction.deferUpdate()
        : interaction.deferReply({ flags: MessageFlags.Ephemeral })
    return commands.run(interaction, { defer, redo }, work)
  }
}

function resumeWith(commands: CommandJobs, eraser: Eraser, intake: RequestIntake): App['resume'] {
  const forget = (userId: string, before: string) => eraser.deleteUser(userId, before)
  return (job, context) =>
    commands.owns(job) ? commands.resume(job, context, forget) : intake.carryOut(job, context)
}

/** The jobs of a store for deletions. @param tell tells those who wait. */
function waitingJobs(jobs: Jobs, tell: JobHandler): WaitingJobs {
  return {
    areStored: (subject) => jobs.areStored(subject),
    forget: (deletion) => jobs.forget(deletion, tell),
  }
}

/** What takes requests, stores them as jobs and answers them. */
function createIntake(
  client: Client,
  { model, isOpen = () => true, jobs, log }: AppDeps,
  { moderation, deletions, ...stores }: IntakeStores,
): RequestIntake {
  const handler = new RequestHandler({
    client,
    model,
    isOpen,
    ...stores,
    mayShow: (guildId, picture) => moderation.mayShow(guildId, picture),
  })
  return new RequestIntake({
    client,
    jobs,
    log,
    handler,
    deletions,
    questionCheck: new QuestionCheck(model, stores.memory),
    typing: new Typing(client.rest),
  })
}

function describeService(
  intake: RequestIntake,
  settings: GuildSettingsStore,
): Services['describe'] {
  return (interaction: Asking, { pictures, style, hidden, from }) =>
    withDeferredReply(interaction, hidden, async (acknowledge) => {
      const pictureList = [...(await pictures())]
      const { style: usual } = await settings.of(interaction.guildId)
      await intake.submitInteraction(
        interaction,
        {
          kind: 'look',
          pictures: pictureList,
          style: style ?? usual,
          question: null,
          quoted: false,
          named: from === 'newest',
          shows: from === 'upload' && !hidden ? shownBytes(interaction) : null,
        },
        { hidden, acknowledge },
      )
    })
}

/** Deletes messages of the bot; one that is gone or out of reach is left as it is. */
function postDeleter({ rest }: Client, log: Logger) {
  return async (channelId: string, messageId: string): Promise<void> => {
    try {
      await rest.delete(Routes.channelMessage(channelId, messageId))
    } catch (error) {
      if (errorKind(error) === 'bug') {
        log.error({ err: error }, 'a message of the bot could not be deleted')
      }
    }
  }
}
