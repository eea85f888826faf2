/** The rules of each server in the store. */

import { z } from 'zod'
import { DAY_MS } from '../../../config/durations.ts'
import type { RuleWish } from '../../../commands/moderation/rules-service.ts'
import { InputError } from '../../../config/errors.ts'
import { MAX_RULES, type Rule, ruleSchema } from '../../../commands/moderation/rule.ts'
import type { Collection, Store } from '../../store/types.ts'

/** Rules end 400 days after they were last changed or used; using them renews them. */
const LIFE_MS = 400 * DAY_MS

type Kept = { readonly rules: readonly Rule[]; readonly at: number }

export class RuleStore {
  readonly space: Collection<Kept>

  constructor(store: Store) {
    const schema = z.object({ rules: z.array(ruleSchema), at: z.number() })
    this.space = store.collection<Kept>({
      name: 'moderation-rules',
      ttlMs: LIFE_MS,
      decode: (data) => schema.parse(data),
    })
  }

  async of(guildId: string): Promise<readonly Rule[]> {
    const kept = await this.space.get(guildId)
    if (kept && Date.now() - kept.at > DAY_MS) {
      await this.space.update(guildId, (old) => old && { ...old, at: Date.now() })
    }
    return kept?.rules ?? []
  }

  /** @throws {InputError} if there is none of that name. */
  async named(guildId: string, name: string): Promise<Rule> {
    const found = (await this.of(guildId)).find((rule) => isNamed(rule, name))
    if (!found) {
      throw new InputError('rule/unknown', { name })
    }
    return found
  }

  /**
   * Adds a rule, or changes the one of that name. What staff decided about its hits stays with it,
   * unless it asks something else now.
   *
   * @param id of the rule if it is a new one, or a new question.
   * @throws {InputError} if there are too many.
   */
  async put(guildId: string, wish: RuleWish, id: string): Promise<'added' | 'changed'> {
    let outcome: 'added' | 'changed' = 'added'
    await this.space.update(guildId, (old) => {
      const rules = old?.rules ?? []
      const known = rules.find((rule) => isNamed(rule, wish.name))
      outcome = known ? 'changed' : 'added'
      if (!known && rules.length >= MAX_RULES) {
        throw new InputError('rule/too-many', { most: MAX_RULES })
      }
      const same = known?.question === wish.question
      const at = Date.now()
      const next = { ...wish, id: same && known ? known.id : id, at }
      return {
        rules: known ? rules.map((rule) => (rule === known ? next : rule)) : [...rules, next],
        at,
      }
    })
    return outcome
  }

  /** @returns whether there was one of that name. */
  async remove(guildId: string, name: string): Promise<boolean> {
    let found = false
    await this.space.update(guildId, (old) => {
      const rules = old?.rules ?? []
      const left = rules.filter((rule) => !isNamed(rule, name))
      found = left.length < rules.length
      return found && old ? { ...old, rules: left } : old
    })
    return found
  }
}

function isNamed(rule: Rule, name: string): boolean {
  return rule.name.toLowerCase() === name.trim().toLowerCase()
}
