/** Learns what a host offers: a server of this program, or any other with OpenAI's chat completions. */

import { z } from 'zod'
import type { ServedCard } from '../../package/served-card.ts'
import { CHAT_TOKENS, type ChatOffer } from './chat/chat-host.ts'
import { scoringOf } from './chat/chat-score.ts'
import { HostError } from './host-error.ts'
import type { Address, HttpClient } from './http.ts'
import { offerSchema } from './own/own-protocol.ts'

export type OwnOffer = {
  readonly kind: 'own'
  readonly card: ServedCard
  readonly matcher: ServedCard | null
}
export type HostOffer = OwnOffer | (ChatOffer & { readonly kind: 'chat' })

/** Servers do not say how many pictures their models take; one that takes fewer refuses the request. */
const CHAT_PICTURES = 4

const modalities = z.array(z.string()).optional().catch(undefined)

/** llama.cpp names the modalities in `architecture`, this program in the model itself. */
const modelSchema = z.object({
  id: z.string(),
  input_modalities: modalities,
  architecture: z.object({ input_modalities: modalities }).optional().catch(undefined),
  sightseer: z.unknown().optional(),
})
type ModelObject = z.infer<typeof modelSchema>
const listSchema = z.object({ data: z.array(modelSchema) })

export type Inspecting = {
  readonly client: HttpClient
  readonly signal: AbortSignal
  readonly silenceMs: number
}

/** The models that a host lists. @throws {HostError} if it does not answer. */
export async function modelsOf(address: Address, { client, ...about }: Inspecting) {
  const json = await client.json(address, { method: 'GET', path: '/models', ...about })
  const { data, error } = listSchema.safeParse(json)
  if (error) {
    throw new HostError('unreachable', `${address.base} lists no models as OpenAI's API does`)
  }
  return data.data
}

/**
 * @param wanted name of the model; undefined: the first that takes pictures.
 * @throws {HostError} if the host does not answer, or has no such model.
 */
export async function inspectHost(
  address: Address,
  wanted: string | undefined,
  inspecting: Inspecting,
): Promise<HostOffer> {
  const { base } = address
  const models = await modelsOf(address, inspecting)
  const model =
    wanted === undefined
      ? (models.find((one) => seesPictures(one) === true) ?? models[0])
      : models.find(({ id }) => id === wanted)
  if (model === undefined) {
    const what = wanted === undefined ? 'no models' : `no model ${wanted}`
    throw new HostError('refused', `${base} has ${what}`)
  }
  if (seesPictures(model) === false) {
    throw new HostError('refused', `the model ${model.id} of ${base} takes no pictures`)
  }
  if (model.sightseer !== undefined) {
    const { data, error } = offerSchema.safeParse(model.sightseer)
    if (error) {
      throw new HostError('refused', `${base} runs another version of Sightseer`)
    }
    return { kind: 'own', card: data.card, matcher: data.matcher }
  }
  const scoring = await scoringOf(address, inspecting, model.id)
  return { kind: 'chat', model: model.id, scoring }
}

/** Undefined: the server does not say. */
function seesPictures({ input_modalities: own, architecture }: ModelObject): boolean | undefined {
  return (own ?? architecture?.input_modalities)?.includes('image')
}

/** The card of a model of which only the name is known. */
export function chatCard({ model, scoring }: ChatOffer): ServedCard {
  return {
    family: null,
    name: model,
    tasks: ['text'],
    about: `${model}, on another server. What it knows is up to that model.`,
    source: { repository: null, revision: null, license: null },
    precision: null,
    scoring,
    pictures: CHAT_PICTURES,
    system: true,
    defaults: {
      describe: { maxNewTokens: CHAT_TOKENS.describe },
      ask: { maxNewTokens: CHAT_TOKENS.ask },
    },
  }
}
