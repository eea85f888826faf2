/** What inference/ refuses, by code; the sentences are the caller's. */

import type { NoParams } from '../../config/errors.ts'
import type { ImageFormat, UnsupportedFormat } from '../image/sniff.ts'

declare module '../../config/errors.ts' {
  interface InputErrors {
    'image/empty': NoParams
    'image/unknown-format': NoParams
    'image/unsupported-format': { readonly format: UnsupportedFormat }
    'image/damaged': { readonly format: ImageFormat }
    /** A whole file of a variant that no decoder here reads. */
    'image/unknown-encoding': { readonly format: ImageFormat }
    'image/slow-to-decode': NoParams
    /** It takes too much memory to decode. */
    'image/large-to-decode': NoParams
    /** The process that decoded it ended. */
    'image/decoder-crashed': NoParams
    /** Of a file that is there already. */
    'image/too-many-bytes': { readonly bytes: number; readonly maxBytes: number }
    'image/too-many-pixels': {
      readonly width: number
      readonly height: number
      readonly maxPixels: number
    }
    /** A prompt with more pictures than the model takes at once. */
    'image/too-many': { readonly pictures: number; readonly most: number }
    /** Pictures whose tokens leave too little of the model's positions for the text about them. */
    'image/no-room': {
      readonly pictures: number
      readonly tokens: number
      readonly maxTokens: number
    }
    /** Not a picture of the kind that the model was made for; `knows` completes "I only know …". */
    'image/outside-domain': { readonly knows: { readonly en: string; readonly zh: string } | null }
    /** As `image/outside-domain`, of the model that compares pictures with texts. */
    'match/outside-domain': { readonly knows: { readonly en: string; readonly zh: string } | null }
    'text/empty-question': NoParams
    'text/too-long': {
      readonly length: number
      /** Characters where the text was too long to be worth encoding. */
      readonly unit: 'tokens' | 'characters'
      readonly maxTokens: number
    }
    /** A whole prompt that has another number of places for pictures than there are pictures. */
    'text/picture-places': { readonly places: number; readonly pictures: number }
    'score/no-answers': NoParams
    'score/empty-answer': NoParams
    'score/long-answer': NoParams
    'generation/settings': { readonly problems: readonly SettingProblem[] }
    /** The queue has no room for the request. */
    'queue/full': NoParams
    /** The request's deadline passed before its answer was there. */
    'queue/deadline': NoParams
    /** The model is on other machines, and none of them, or not their queue, can be reached. */
    'host/unavailable': NoParams
    /** Such a host says that the request is wrong. */
    'host/rejected': NoParams
    /** Two machines ended while they worked on the request. */
    'queue/given-up': NoParams
  }
}

/** A setting out of its range: what it must be, and what it is. */
export type SettingProblem = { readonly setting: string; readonly value: string } & (
  | { readonly must: 'whole'; readonly least: number; readonly most?: number }
  /** `share`: above 0, at most 1. `text`: not empty. */
  | { readonly must: 'positive' | 'number' | 'share' | 'text' }
)

/** The inference thread died while the request waited; the next request starts a new one. */
export class WorkerCrashError extends Error {
  override name = 'WorkerCrashError' as const
}
