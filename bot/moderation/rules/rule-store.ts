/** The rules of each server in the store. */

import { z } from 'zod'
import { DAY_MS } from '../../../config/durations.ts'
import { InputError } from '../../../config/errors.ts'
import { MAX_RULES, type Rule, ruleSchema } from '../../../commands/moderation/rule.ts'
import type { Collection, Store } from '../../store/types.ts'

/** Rules expire 400 days after they were last changed or used. */
const LIFE_MS = 400 * DAY_MS

/** A rule without what the store sets. */
export type NewRule = WithoutIds<Rule>
type WithoutIds<T> = T extends Rule ? Omit<T, 'id' | 'at'> : never

type StoredRules = { readonly rules: readonly Rule[]; readonly at: number }

export class RuleStore {
  readonly collection: Collection<StoredRules>

  constructor(store: Store) {
    const schema = z.object({ rules: z.array(ruleSchema), at: z.number() })
    this.collection = store.collection<StoredRules>({
      name: 'moderation-rules',
      whenFull: 'refuse',
      ttlMs: LIFE_MS,
      decode: (data) => schema.parse(data),
    })
  }

  async of(guildId: string): Promise<readonly Rule[]> {
    const stored = await this.collection.get(guildId)
    if (stored && Date.now() - stored.at > DAY_MS) {
      await this.collection.update(guildId, (old) => old && { ...old, at: Date.now() })
    }
    return stored?.rules ?? []
  }

  /** @throws {InputError} if there is no rule of that name. */
  async named(guildId: string, name: string): Promise<Rule> {
    const rule = (await this.of(guildId)).find((one) => isNamed(one, name))
    if (!rule) {
      throw new InputError('rule/unknown', { name })
    }
    return rule
  }

  /**
   * Adds a rule, or changes the one of that name. It keeps its statistics unless its question, its
   * words or its text change.
   *
   * @param id the id of a new rule, or of a rule that looks for something else now.
   * @throws {InputError} if the server has the maximum number of rules.
   */
  async put(guildId: string, rule: NewRule, id: string): Promise<'added' | 'changed'> {
    let outcome: 'added' | 'changed' = 'added'
    await this.collection.update(guildId, (old) => {
      const rules = old?.rules ?? []
      const existing = rules.find((one) => isNamed(one, rule.name))
      outcome = existing ? 'changed' : 'added'
      if (!existing && rules.length >= MAX_RULES) {
        throw new InputError('rule/too-many', { most: MAX_RULES })
      }
      const same = existing !== undefined && looksForSame(existing, rule)
      const at = Date.now()
      const next = { ...rule, id: same ? existing.id : id, at }
      return {
        rules: existing ? rules.map((one) => (one === existing ? next : one)) : [...rules, next],
        at,
      }
    })
    return outcome
  }

  /** @returns whether there was a rule of that name. */
  async remove(guildId: string, name: string): Promise<boolean> {
    let isRemoved = false
    await this.collection.update(guildId, (old) => {
      const rules = old?.rules ?? []
      const others = rules.filter((rule) => !isNamed(rule, name))
      isRemoved = others.length < rules.length
      return isRemoved && old ? { ...old, rules: others } : old
    })
    return isRemoved
  }
}

function isNamed(rule: Rule, name: string): boolean {
  return rule.name.toLowerCase() === name.trim().toLowerCase()
}

/** Whether two rules ask the same, look for the same text, or for the same words with the same weights. */
function looksForSame(one: NewRule, other: NewRule): boolean {
  if (one.kind === 'question') {
    return other.kind === 'question' && one.question === other.question
  }
  if (one.kind === 'match') {
    return other.kind === 'match' && one.text === other.text
  }
  if (other.kind !== 'words') {
    return false
  }
  const weights = new Map(one.terms.map(({ text, weight }) => [text, weight]))
  return (
    weights.size === other.terms.length &&
    other.terms.every(({ text, weight }) => weights.get(text) === weight)
  )
}
