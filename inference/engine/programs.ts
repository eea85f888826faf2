/**
 * Makes programs of requests: checks them, encodes their text, and then awaits one run after the
 * other.
 *
 * What is wrong with a request is thrown when its program is made, before anything runs. Nothing
 * here knows sessions.
 */

import type { ModelCard } from '../package/model-card.ts'
import type { Matcher } from '../families/common/runner.ts'
import type { EngineRequest } from '../contract/requests.ts'
import { EMBED_IMAGE, embedTextProgram, matchProgram } from './matching/match-programs.ts'
import type { Program } from './work.ts'
import { generateProgram, type OnStep } from './writing/generate-program.ts'
import { scoreProgram } from './writing/score-program.ts'
import type { TextParts } from './writing/text-parts.ts'

/** What programs are made with. */
export type ProgramParts = {
  readonly card: ModelCard
  /** Null where the model writes no texts. */
  readonly text: TextParts | null
  /** Null where the model does not compare pictures with texts. */
  readonly matcher: Pick<Matcher, 'prepare'> | null
}

/** @throws {InputError} if the request cannot be carried out. */
export function createProgram(
  parts: ProgramParts,
  request: EngineRequest,
  onStep: OnStep,
): Program {
  switch (request.kind) {
    case 'generate':
      return generateProgram(parts.card, textParts(parts), request, onStep)
    case 'score':
      return scoreProgram(parts.card, textParts(parts), request)
    case 'match':
      return matchProgram(matcherOf(parts), request)
    case 'embed-text':
      return embedTextProgram(matcherOf(parts), request)
    case 'embed':
      return parts.matcher === null ? TOKENS : EMBED_IMAGE
    default:
      return PROGRAMS[request.kind]
  }
}

function textParts({ text }: ProgramParts): TextParts {
  if (text === null) {
    throw new TypeError('expected a model that writes text')
  }
  return text
}

function matcherOf({ matcher }: ProgramParts): NonNullable<ProgramParts['matcher']> {
  if (matcher === null) {
    throw new TypeError('expected a model that compares pictures with texts')
  }
  return matcher
}

const ENCODE: Program = {
  rows: 0,
  run: async (engine) => (await engine.encode(null))[0].timings,
}

const TOKENS: Program = {
  rows: 0,
  run: async (engine) => {
    const [{ image, timings }] = await engine.encode('')
    return { ...image.tokens, distance: null, timings }
  },
}

const READ: Program = {
  rows: 0,
  run: (engine) => engine.read(),
}

const PROGRAMS = { encode: ENCODE, read: READ }
