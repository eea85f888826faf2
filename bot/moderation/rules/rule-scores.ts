/**
 * Scores a picture by rules: the model's probability of "yes" for questions, that of a match for texts, the
 * points of its words for the others. The words of a picture are read once for all rules, and not kept.
 */

import { LRUCache } from 'lru-cache'
import type { RuleScore } from '../../../commands/moderation/rules-service.ts'
import type { MatchRule, QuestionRule, Rule, WordsRule } from '../../../commands/moderation/rule.ts'
import type { FoundPicture } from '../../../commands/picture.ts'
import { judgeForMatching, judgePicture } from '../../../inference/domain/judge-picture.ts'
import type { ImageSource, Model, RequestOptions } from '../../../inference/contract/types.ts'
import { matchKnown } from '../../../inference/domain/known-match.ts'
import type { Pictures } from '../../pictures/pictures.ts'
import { wordsIn } from '../../pictures/words.ts'
import { compileTerms, type ScoreWords } from '../words/score.ts'
import { scoreQuestion } from './score-question.ts'

/** Rules whose terms stay compiled. */
const MAX_COMPILED = 200

/** What scoring needs of a model. */
export type ScoringModel = Pick<
  Model,
  'card' | 'matcher' | 'describe' | 'score' | 'read' | 'match' | 'embedImage'
>

type Deps = {
  readonly pictures: Pick<Pictures, 'source' | 'settle'>
  readonly model: ScoringModel
}

export class RuleScores {
  readonly #deps: Deps
  /** By the id of the rule, which changes with its terms. */
  readonly #compiled = new LRUCache<string, ScoreWords>({ max: MAX_COMPILED })

  constructor({ pictures, model }: Deps) {
    this.#deps = { pictures, model }
  }

  /**
   * Scores a picture by each rule, in their order. Questions and texts have no score where their model
   * does not know such pictures, nor have texts where there is no model for matching.
   */
  async of(
    picture: FoundPicture,
    rules: readonly Rule[],
    options: RequestOptions,
  ): Promise<RuleScore[]> {
    const { pictures } = this.#deps
    const image = await pictures.source(picture, options.signal)
    try {
      const byWords = rules.filter((rule) => rule.kind === 'words')
      const questions = rules.filter((rule) => rule.kind === 'question')
      const texts = rules.filter((rule) => rule.kind === 'match')
      const scores = [
        ...(await this.#scoreWords(image, byWords, options)),
        ...(await this.#scoreQuestions(image, questions, options)),
        ...(await this.#scoreMatches(image, texts, options)),
      ]
      return rules.flatMap((rule) => scores.find((score) => score.rule === rule) ?? [])
    } finally {
      await pictures.settle([image])
    }
  }

  async #scoreWords(
    image: ImageSource,
    rules: readonly WordsRule[],
    options: RequestOptions,
  ): Promise<RuleScore[]> {
    if (rules.length === 0) {
      return []
    }
    const { lines, codes } = await wordsIn(this.#deps.model, image, options)
    const scores: RuleScore[] = []
    for (const rule of rules) {
      const { points: score, terms } = await this.#compile(rule)([...lines, ...codes])
      scores.push({ rule, score, terms })
    }
    return scores
  }

  #compile({ id, terms }: WordsRule): ScoreWords {
    const compiled = this.#compiled.get(id) ?? compileTerms(terms)
    this.#compiled.set(id, compiled)
    return compiled
  }

  async #scoreQuestions(
    image: ImageSource,
    rules: readonly QuestionRule[],
    options: RequestOptions,
  ): Promise<RuleScore[]> {
    if (rules.length === 0) {
      return []
    }
    const { model } = this.#deps
    const { judgment } = await judgePicture(model, image, options)
    const scores: RuleScore[] = []
    for (const rule of rules) {
      const score =
        judgment.verdict === 'outside'
          ? null
          : await scoreQuestion(model, image, rule.question, options)
      scores.push({ rule, score, terms: [] })
    }
    return scores
  }

  async #scoreMatches(
    image: ImageSource,
    rules: readonly MatchRule[],
    options: RequestOptions,
  ): Promise<RuleScore[]> {
    const { model } = this.#deps
    if (rules.length === 0) {
      return []
    }
    if (model.matcher === null || (await this.#isOutside(image, options))) {
      return rules.map((rule) => ({ rule, score: null, terms: [] }))
    }
    const texts = rules.map(({ text }) => text)
    const matches = await matchKnown(model, image, texts, options)
    return rules.map((rule, i) => ({ rule, score: matches[i]?.itm ?? null, terms: [] }))
  }

  async #isOutside(image: ImageSource, options: RequestOptions): Promise<boolean> {
    const { verdict } = await judgeForMatching(this.#deps.model, image, options)
    return verdict === 'outside'
  }
}
