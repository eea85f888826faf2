/**
 * The backend on other machines: servers of this program, which do all that a thread of this process
 * does, or servers of any make with OpenAI's chat completions, which write texts. Those read no words and
 * compare no texts with pictures, so that stays on this machine.
 */

import { createHmac, randomBytes } from 'node:crypto'
import { ConfigError } from '../../../config/errors.ts'
import {
  type EngineRequest,
  type EngineResult,
  imagesOf,
  withImages,
} from '../../contract/requests.ts'
import type { HostEvent } from '../../contract/options.ts'
import type { ModelStats } from '../../contract/types.ts'
import type { ImageLimits } from '../../image/limits.ts'
import type { ServedCard } from '../../package/served-card.ts'
import type { Call, InferenceBackend, Outcome, RequestKind, RequestOf } from '../backend.ts'
import { resultSchemas } from '../protocol.ts'
import type { ChatOffer } from './chat/chat-host.ts'
import { deadlineOf } from './deadline.ts'
import { Forgetting } from './own/forgetting.ts'
import { Hosts } from './hosts.ts'
import { type Address, HttpClient } from './http.ts'
import { chatCard, type HostOffer, inspectHost, modelsOf } from './inspect.ts'
import { submitToOwn } from './own/own-host.ts'
import { dataUri, PreparedPictures } from './prepared-pictures.ts'
import { HostError } from './host-error.ts'
import { RequestCounts } from './request-counts.ts'
import { type ChatRequest, submitToChat } from './chat/submit-chat.ts'

/** A larger picture is made smaller. The words of a page are read there, too, and need more pixels. */
const OWN_PIXELS = 8 * 2 ** 20
/** Models of other servers look at fewer pixels than these. */
const CHAT_PIXELS = 2 * 2 ** 20

/** For the list of a host's models, by which it shows that it is alive. */
const CHECK_TIMEOUT_MS = 5000

export type RemoteOptions = {
  readonly addresses: readonly Address[]
  /** Name of the model on the hosts; undefined: the first of each that takes pictures. */
  readonly model?: string | undefined
  /** Longest silence of a host with a request, in milliseconds. */
  readonly silenceMs: number
  readonly imageLimits: Partial<ImageLimits>
  /** Opens what reads words on this machine; called once, for the first picture to read. */
  readonly openReader: () => Promise<InferenceBackend>
  readonly onEvent?: ((event: HostEvent) => void) | undefined
  /** Milliseconds between two checks of a host. */
  readonly checkMs?: number | undefined
}

export type RemoteBackend = InferenceBackend & {
  readonly card: ServedCard
  /** The card of what compares pictures with texts there; null: nothing. */
  readonly matcher: ServedCard | null
}

/** @throws {ConfigError} with a sentence for each host if none can be used. */
export async function openRemote(options: RemoteOptions): Promise<RemoteBackend> {
  const backend = new Remote(options)
  try {
    await backend.open()
    return backend
  } catch (error) {
    await backend.close()
    throw error
  }
}

class Remote implements RemoteBackend {
  readonly #options: RemoteOptions
  readonly #client = new HttpClient()
  readonly #hosts: Hosts<HostOffer>
  readonly #pictures: PreparedPictures
  readonly #forgetting: Forgetting
  readonly #counts = new RequestCounts()
  readonly #closed = new AbortController()
  /** Makes names of people and servers, which are nobody else's business, to others. */
  readonly #secret = randomBytes(32)
  #offer: HostOffer | null = null
  #reader: Promise<InferenceBackend> | null = null

  constructor(options: RemoteOptions) {
    const { addresses, imageLimits, onEvent, checkMs } = options
    this.#options = options
    this.#pictures = new PreparedPictures(imageLimits)
    this.#forgetting = new Forgetting(addresses, {
      client: this.#client,
      signal: this.#closed.signal,
    })
    this.#hosts = new Hosts(addresses, {
      inspect: (address) => this.#inspect(address),
      check: (address) => this.#check(address),
      onEvent,
      ...(checkMs !== undefined && { checkMs }),
    })
  }

  async open(): Promise<void> {
    const problems = await this.#hosts.open()
    if (this.#offer === null) {
      throw new ConfigError(problems.map((problem) => `SIGHTSEER_MODEL: ${problem}.`))
    }
  }

  get card(): ServedCard {
    const offer = this.#known
    return offer.kind === 'own' ? offer.card : chatCard(offer)
  }

  get matcher(): ServedCard | null {
    return this.#known.kind === 'own' ? this.#known.matcher : null
  }

  async submit<Kind extends RequestKind>(
    kind: Kind,
    request: RequestOf<Kind>,
    call: Call,
  ): Promise<Outcome<Kind>> {
    call.signal?.throwIfAborted()
    if (this.#closed.signal.aborted) {
      throw new Error('the model is closed')
    }
    if (kind === 'read' && this.#known.kind === 'chat') {
      const reader = await (this.#reader ??= this.#options.openReader())
      return reader.submit(kind, request, call)
    }
    using deadline = deadlineOf(call)
    const bounded = { ...call, signal: deadline.signal }
    return await this.#counts.count(() => this.#submit(kind, request, bounded, deadline.signal))
  }

  async forget(keys: readonly string[]): Promise<void> {
    this.#pictures.forget(keys)
    const reader = await this.#reader?.catch(() => null)
    await reader?.forget(keys)
    if (this.#known.kind === 'own') {
      await this.#forgetting.forget(this.#hosts.usable, keys)
    }
  }

  stats(): ModelStats {
    return this.#counts.stats(this.#hosts.running)
  }

  async close(): Promise<void> {
    const reason = new Error('the model was closed')
    this.#closed.abort(reason)
    this.#hosts.close(reason)
    await this.#client.close()
    await this.#pictures.close()
    const reader = await this.#reader?.catch(() => null)
    await reader?.close()
  }

  get #known(): HostOffer {
    if (this.#offer === null) {
      throw new TypeError('expected an open backend')
    }
    return this.#offer
  }

  async #submit<Kind extends RequestKind>(
    kind: Kind,
    request: RequestOf<Kind>,
    call: Call,
    signal: AbortSignal,
  ): Promise<Outcome<Kind>> {
    return this.#known.kind === 'own'
      ? this.#submitToOwn(kind, request, call, signal)
      : this.#submitToChat(kind, request, call, signal)
  }

  /** First by the content hash alone: the host may know the picture. */
  async #submitToOwn<Kind extends RequestKind>(
    kind: Kind,
    request: RequestOf<Kind>,
    call: Call,
    signal: AbortSignal,
  ): Promise<Outcome<Kind>> {
    const prepared = await withImages(request, async (image) => ({
      ...image,
      bytes: image.bytes && (await this.#pictures.of(image, OWN_PIXELS, call)),
    }))
    const { silenceMs } = this.#options
    const sending = { client: this.#client, silenceMs, alias: this.#aliasOf }
    return this.#hosts.run(affinityOf(request), signal, (host, ending) =>
      submitToOwn(host, sending, { kind, request: prepared, call }, ending),
    )
  }

  async #submitToChat<Kind extends RequestKind>(
    kind: Kind,
    request: RequestOf<Kind>,
    call: Call,
    signal: AbortSignal,
  ): Promise<Outcome<Kind>> {
    const images = imagesOf(request)
    const files = await Promise.all(
      images.map((image) => this.#pictures.of(image, CHAT_PIXELS, call)),
    )
    const missing = images.filter((_, i) => files[i] === null)
    if (missing.length > 0) {
      return { kind: 'missing', keys: missing.map(({ key }) => key) }
    }
    const { silenceMs } = this.#options
    const sending = { client: this.#client, silenceMs }
    const pictures = files.flatMap((file) => (file === null ? [] : [dataUri(file)]))
    const result = isForChat(request)
      ? await this.#hosts.run(affinityOf(request), signal, ({ offer, ...host }, ending) =>
          submitToChat(
            { ...host, offer: chatOf(offer) },
            sending,
            { request, pictures, call },
            ending,
          ),
        )
      : withoutHost(request)
    return { kind: 'done', result: resultSchemas[kind].parse(result) }
  }

  async #inspect(address: Address): Promise<HostOffer> {
    const { model, silenceMs } = this.#options
    const inspecting = { client: this.#client, silenceMs, signal: this.#closed.signal }
    const offer = await inspectHost(address, model, inspecting)
    const first = (this.#offer ??= offer)
    if (nameOf(first) !== nameOf(offer)) {
      throw new HostError(
        'refused',
        `${address.base} has ${nameOf(offer)}, and another host has ${nameOf(first)}`,
      )
    }
    if (offer.kind === 'own') {
      await this.#forgetting.catchUp(address)
    }
    return offer
  }

  async #check(address: Address): Promise<void> {
    const about = { client: this.#client, silenceMs: CHECK_TIMEOUT_MS }
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(CHECK_TIMEOUT_MS)])
    try {
      await modelsOf(address, { ...about, signal })
    } catch (error) {
      this.#closed.signal.throwIfAborted()
      throw error instanceof HostError
        ? error
        : new HostError('unreachable', `${address.base} does not answer`, { cause: error })
    }
  }

  readonly #aliasOf = (name: string): string =>
    name === '' ? '' : createHmac('sha256', this.#secret).update(name).digest('hex')
}

/** What sends requests about one picture to one host. */
function affinityOf(request: EngineRequest): string {
  return imagesOf(request)[0]?.key ?? ''
}

function nameOf(offer: HostOffer): string {
  return offer.kind === 'own' ? offer.card.name : `a server that is not Sightseer's`
}

function chatOf(offer: HostOffer): ChatOffer {
  if (offer.kind !== 'chat') {
    throw new TypeError('expected a host with chat completions')
  }
  return offer
}

function isForChat(request: EngineRequest): request is ChatRequest {
  return request.kind === 'generate' || request.kind === 'score'
}

const NO_ENCODING = { preprocessMs: 0, visionMs: 0, bridgeMs: 0 }

/** A picture is encoded there with each request, so all that can be done now is to check its file. */
function withoutHost({ kind }: EngineRequest): EngineResult {
  if (kind !== 'encode') {
    throw new TypeError(`expected a request for chat completions, got ${kind}`)
  }
  return NO_ENCODING
}
