/** The context of a request, and the part of its answer about one picture. */

import { type Client, Routes } from 'discord.js'
import { InputError } from '../../config/errors.ts'
import type { FoundPicture } from '../../commands/picture.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import type {
  GenerationOptions,
  ImageSource,
  Model,
  RequestOptions,
  Urgency,
} from '../../inference/contract/types.ts'
import { framesOf } from '../../inference/package/model-card.ts'
import type { PartLayout } from './answer-message.ts'
import type { ChannelRecord, Reader, Conversation } from '../memory/conversation.ts'
import { assertMayPointAt, viewerOfRequest } from '../discord/picture-access.ts'
import { isDeleted } from '../discord/api-errors.ts'
import type { Delivery } from '../discord/reply.ts'
import type { TrackedWork } from '../memory/deletions.ts'
import type { Eraser } from '../memory/eraser.ts'
import type { GuildSettingsStore } from '../memory/guild-settings.ts'
import type { Job } from '../jobs/job-record.ts'
import type { ConversationStore } from '../memory/conversation-store.ts'
import type { UserStore } from '../memory/user-store.ts'
import type { SeenPicture } from '../pictures/moving-pictures.ts'
import type { Pictures } from '../pictures/pictures.ts'
import type { Request } from './request.ts'

/** What the request handler depends on; built once. */
export type RequestDeps = {
  readonly client: Client
  readonly model: Model
  /** Whether the model is open; until then, requests wait for it. */
  readonly isOpen: () => boolean
  readonly pictures: Pictures
  readonly memory: ConversationStore
  readonly users: UserStore
  readonly settings: GuildSettingsStore
  readonly eraser: Eraser
  /** Whether moderation lets the bot show a picture on a server. */
  readonly mayShow: (guildId: string, picture: FoundPicture) => Promise<boolean>
}

/** The context of one request. */
export type RequestContext = {
  readonly request: Request
  readonly delivery: Delivery
  readonly tracked: TrackedWork
  readonly text: Catalog
  /** `maxNewTokens`: the server's limit; absent: the model's own. */
  readonly options: RequestOptions & Pick<GenerationOptions, 'maxNewTokens'>
  /** Ends what the model is asked, so that it answers in the locale's language; may be empty. */
  readonly inLanguage: string
  readonly ttlMs: number
  /** Whether another process began with it, so that deletions may have been missed. */
  readonly resumed: boolean
  /** False for people who opted out. */
  readonly stores: boolean
  /** The pictures that the model was asked about. */
  readonly sources: ImageSource[]
  /** Counts an attempt; to be awaited before the model gets a picture to decode. */
  readonly begin: () => Promise<void>
}

/** The part of an answer about one picture. */
export type AnswerPart = PartLayout & {
  readonly conversation: Conversation | null
  readonly turn: string | null
  /** As the model was shown it. */
  readonly image: ImageSource | SeenPicture | null
  readonly caption: string
  /** Questions that the answer itself lists, which it does not suggest again. */
  readonly asked?: readonly string[]
  /** Applied to the channel's record once the answer is delivered. */
  readonly change: (record: ChannelRecord) => ChannelRecord
}

/** Who will see the answer. The answer uses only records that they may see. */
export function audienceOf({ hidden, asker }: Pick<Request, 'hidden' | 'asker'>): Reader {
  return hidden ? asker : null
}

/** A part that says why there is no answer. */
export function errorPart(sentence: string, number: number | null = null): AnswerPart {
  const nothing = { conversation: null, turn: null, image: null, caption: '', change: unchanged }
  return { lines: [sentence], spoiler: false, number, ...nothing }
}

/** The change of a part that stores nothing. */
export function unchanged(record: ChannelRecord): ChannelRecord {
  return record
}

/** The engine's options for a request. */
export function optionsOf(
  { kind, asker, place }: Request,
  { answer, diesAt }: Job,
  { signal, delivery, text }: { signal: AbortSignal; delivery: Delivery; text: Catalog },
): RequestOptions {
  return {
    signal,
    urgency: urgencyOf(kind, answer),
    user: asker,
    tenant: place.guildId ?? asker,
    deadline: diesAt,
    onPosition: (ahead) => delivery.progress(text.waiting.place(ahead + 1)),
  }
}

/** Automatic alt text has the lowest priority; a message may wait longer than an interaction. */
function urgencyOf(kind: Request['kind'], answer: Job['answer']): Urgency {
  if (kind === 'alt-text') {
    return 'background'
  }
  return answer.to === 'message' ? 'normal' : 'interactive'
}

/**
 * A picture as the model takes it, with its hash where it was talked about before.
 *
 * @throws {InputError} if the asker may not point at it, or it was deleted while no process ran.
 */
export async function sourceOf(
  { client, pictures }: RequestDeps,
  { options, sources, request, resumed, begin }: RequestContext,
  picture: FoundPicture & { readonly hash?: string },
): Promise<ImageSource> {
  await assertMayPointAt(viewerOfRequest(client, request), picture.source)
  if (resumed && picture.source) {
    await assertExists(client, picture.source)
  }
  const source = await pictures.source(picture, options.signal)
  sources.push(source)
  const bytes = async (signal?: AbortSignal) => {
    await begin() // the model asks for the file where it has not decoded it in this process
    return source.bytes(signal)
  }
  return { key: source.key, bytes }
}

/** As `sourceOf`, with frames of a moving picture where the model takes several pictures. */
export async function seenOf(
  deps: RequestDeps,
  context: RequestContext,
  picture: FoundPicture & { readonly hash?: string; readonly frames?: number | undefined },
): Promise<SeenPicture> {
  const { pictures, model } = deps
  const source = await sourceOf(deps, context, picture)
  // A picture that was talked about as a still stays one for what is asked about it later.
  const known = picture.frames ?? (picture.hash === undefined ? undefined : 1)
  const owner = picture.source?.authorId ?? context.request.asker
  const { signal } = context.options
  return pictures.seen(source, { most: framesOf(model.card), known, owner, signal })
}

/** @throws {InputError} if the picture's author opted out and is not the one who asks. */
export async function assertMayDescribe(
  { users }: RequestDeps,
  { source }: FoundPicture,
  asker: string,
): Promise<void> {
  if (source && source.authorId !== asker && (await users.hasOptedOut(source.authorId))) {
    throw new InputError('image/opted-out')
  }
}

/** @throws {InputError} if the message was deleted. */
async function assertExists(
  client: Client,
  { channelId, messageId }: { readonly channelId: string; readonly messageId: string },
): Promise<void> {
  try {
    await client.rest.get(Routes.channelMessage(channelId, messageId))
  } catch (error) {
    if (isDeleted(error)) {
      throw new InputError('conversation/deleted', null, { cause: error })
    }
    // Otherwise nothing can be said of it, and the picture itself may still be there.
  }
}
