/** Puts together what people meet: commands, buttons, messages, and what is remembered of them. */

import type { Client } from 'discord.js'
import type { Logger } from 'pino'
import type { Asking, Services } from '../commands/command.ts'
import type { Model } from '../inference/types.ts'
import { RequestHandler } from './requests/handler.ts'
import { QuestionFlow } from './requests/question-flow.ts'
import { AnswerButtons } from './requests/answer-buttons.ts'
import { Deletions } from './memory/deletions.ts'
import { RequestIntake, withDeferredReply } from './requests/submit.ts'
import { Forgetting } from './memory/eraser.ts'
import { Settings } from './memory/guild-settings.ts'
import { givenPicture, picturesIn } from './discord/message-pictures.ts'
import type { Jobs } from './jobs/jobs.ts'
import { MemoryRecords } from './memory/records.ts'
import { Memory } from './memory/conversation-store.ts'
import { MessageRequests } from './requests/message-intent.ts'
import type { Metrics } from './operations/metrics.ts'
import { Moderation } from './moderation/moderation.ts'
import { People } from './memory/user-store.ts'
import { newestPictures } from './discord/picture-finder.ts'
import type { FetchPicture } from './pictures/download.ts'
import { Pictures } from './pictures/pictures.ts'
import { memoryService, privacyService } from './memory/privacy.ts'
import type { Store } from './store/types.ts'

/** What the bot is made of. */
export type ExperienceParts = {
  readonly model: Model
  /** Whether the model is open; absent: it is. */
  readonly isOpen?: () => boolean
  readonly fetchPicture: FetchPicture
  readonly store: Store
  readonly jobs: Jobs
  readonly metrics?: Pick<Metrics, 'cache'>
  /** How long conversations are kept after their last use, at most; milliseconds. */
  readonly retentionMs: number
  readonly log: Logger
  /** How long after a failure cases are resumed and deletions repeated; tests wait for less. */
  readonly retryAfterMs?: number
}

export type Experience = {
  readonly services: Services
  readonly buttons: AnswerButtons
  readonly messages: MessageRequests
  readonly forgetting: Forgetting
  readonly settings: Settings
  readonly people: People
  readonly moderation: Moderation
  /** Goes on with what another process left. */
  readonly resume: RequestIntake['carryOut']
}

/** Builds it for one client. */
export function createExperience(client: Client, parts: ExperienceParts): Experience {
  const { model, isOpen = () => true, store, jobs, retentionMs } = parts
  const looked = parts.metrics?.cache
  const pictures = new Pictures({ ...parts, client, ...(looked && { looked }) })
  const records = new MemoryRecords(store, pictures)
  const memory = new Memory(records)
  const deletions = new Deletions()
  const people = new People(store, deletions)
  const settings = new Settings(store, retentionMs)
  const forgetting = new Forgetting({ records, deletions, people, settings, pictures })
  const answering = { client, model, isOpen, pictures, memory, people, settings, forgetting }
  const intake = new RequestIntake(jobs, new RequestHandler(answering), deletions)
  const questions = new QuestionFlow(memory, intake, deletions)
  const moderation = new Moderation(client, { ...parts, pictures })
  return {
    services: {
      describe: describing(intake, settings),
      ask: (interaction, request) => questions.ask(interaction, request),
      openQuestion: (interaction) => questions.openForMessage(interaction),
      given: givenPicture,
      picturesIn,
      newest: newestPictures,
      recent: (interaction, typed) => questions.recent(interaction, typed),
      memory: memoryService({ memory, forgetting }),
      privacy: moderation.withPrivacy(privacyService({ memory, people, settings, forgetting })),
      moderation: moderation.service(),
      settings: {
        of: (guildId) => settings.of(guildId),
        change: (guildId, change) => settings.change(guildId, change),
      },
      about: () => model.card.about,
    },
    buttons: new AnswerButtons({ questions, intake, memory, forgetting }),
    messages: new MessageRequests({ intake, memory, people, settings }),
    forgetting,
    settings,
    people,
    moderation,
    resume: (job, context) => intake.carryOut(job, context),
  }
}

function describing(intake: RequestIntake, settings: Settings): Services['describe'] {
  return (interaction: Asking, { pictures, style, hidden }) =>
    withDeferredReply(interaction, hidden, async (acknowledge) => {
      const found = [...(await pictures())]
      const { style: usual } = await settings.of(interaction.guildId)
      await intake.submitInteraction(
        interaction,
        { kind: 'look', pictures: found, style: style ?? usual, question: null, quoted: false },
        { hidden, acknowledge },
      )
    })
}
