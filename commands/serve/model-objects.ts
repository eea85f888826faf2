/** `GET /v1/models`: the model that is open, and what it can do. */

import { PROTOCOL } from '../../inference/backends/remote/own/own-protocol.ts'
import { servedCardOf } from '../../inference/package/serve-card.ts'
import type { Model } from '../../inference/contract/types.ts'

/** `id`, `object`, `created` and `owned_by` are OpenAI's; the rest is ours. */
export function modelObject({ card, matcher }: Pick<Model, 'card' | 'matcher'>) {
  return {
    id: card.name,
    object: 'model',
    created: 0, // packages do not say when
    owned_by: card.source.repository?.split('/')[0] ?? 'sightseer',
    about: card.about,
    input_modalities: ['text', 'image'],
    output_modalities: ['text'],
    max_images: 1,
    languages: card.languages ?? null,
    license: card.source.license,
    precision: card.precision,
    knows: card.domain?.knows.en ?? null,
    /** For another Sightseer, which uses the model as if it were open there. */
    sightseer: {
      protocol: PROTOCOL,
      card: servedCardOf(card),
      matcher: matcher && servedCardOf(matcher),
    },
    routes: [
      '/v1/chat/completions',
      '/v1/score',
      '/v1/read',
      ...(matcher === null ? [] : ['/v1/match']),
    ],
  }
}

export function modelList(model: Pick<Model, 'card' | 'matcher'>) {
  return { object: 'list', data: [modelObject(model)] }
}
