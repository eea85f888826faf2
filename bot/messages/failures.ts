/**
 * How a failed request ends: what a person can understand becomes a sentence in place of the
 * progress; the rest is logged. Requests are told while their job is still stored, so that a process
 * that ends in between leaves nobody waiting.
 */

import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { catalogFor, sentenceOf } from '../../commands/i18n/catalog.ts'
import type { Catalog } from '../../commands/i18n/words.ts'
import { hasCode, InputError } from '../../config/errors.ts'
import { DECODER_DIED } from '../pictures/pictures.ts'
import { errorCode, errorKind } from '../discord/api-errors.ts'
import { PendingDeletionError } from '../memory/pending-deletions.ts'
import type { Delivery } from '../discord/reply.ts'
import { JobTakenError, RestartingError } from '../jobs/job-context.ts'
import { AfterAnswerError } from '../requests/publish.ts'
import type { Request } from '../requests/request.ts'

/** A request failed, and its person was told or needs not be; `cause` is the error. */
export class ToldError extends Error {
  override name = 'ToldError' as const
}

/**
 * The sentence for the person; undefined if nobody waits. Logs what the person cannot fix.
 */
export function sentenceFor(error: unknown, text: Catalog, log: Logger): string | undefined {
  if (error instanceof InputError) {
    if (hasCode(error, 'image/decoder-crashed')) {
      log.warn({ err: error }, DECODER_DIED) // the operator may find out why
    }
    return sentenceOf(error, text)
  }
  if (error instanceof JobTakenError || error instanceof ToldError) {
    return undefined
  }
  if (error instanceof AfterAnswerError) {
    if (errorKind(error.cause) === 'bug') {
      log.error({ err: error }, 'an answer could not be finished')
    }
    return undefined
  }
  if (error instanceof PendingDeletionError) {
    return text.errors['deletion/pending'] // it is logged
  }
  const meaning = errorKind(error)
  if (meaning === 'forbidden') {
    log.info({ code: errorCode(error) }, 'not allowed there')
    return text.errors['bot/no-access']
  }
  if (meaning === 'closed') {
    log.info({ code: errorCode(error) }, 'nothing can be posted there')
    return undefined
  }
  if (meaning !== 'bug') {
    log.info({ code: errorCode(error), meaning }, 'nobody to answer')
    return undefined
  }
  const id = randomBytes(4).toString('hex')
  log.error({ err: error, id }, 'a request failed')
  return text.errors['bot/bug']({ id })
}

/** Shows the sentence for an error in place of the progress, if someone waits for it. */
export async function tellFailure(
  error: unknown,
  { kind, locale, asked }: Pick<Request, 'kind' | 'locale' | 'asked'>,
  { delivery, log }: { readonly delivery: Delivery; readonly log: Logger },
): Promise<void> {
  const sentence = sentenceFor(error, catalogFor(locale), log)
  // Nobody asked for alt text, and a failed rewording leaves the answer unchanged.
  const isAwaited = asked && kind !== 'alt-text' && kind !== 'again'
  if (delivery.isReply && errorKind(error) === 'forbidden') {
    return // it would be refused too
  }
  if (isAwaited && sentence !== undefined) {
    await tryToSend(log, () => delivery.fail(sentence))
  } else if (!isAwaited && !staysShown(error)) {
    await tryToSend(log, () => delivery.withdraw())
  }
}

/** Whether what is shown is the answer, or becomes it in the next process. */
function staysShown(error: unknown): boolean {
  return error instanceof AfterAnswerError || (error instanceof RestartingError && error.comesLater)
}

/** Shows a sentence; if that fails too (for example the token expired), it is logged. */
export async function tryToSend(log: Logger, send: () => Promise<unknown>): Promise<void> {
  try {
    await send()
  } catch (error) {
    if (errorKind(error) === 'bug') {
      log.warn({ err: error }, 'could not tell the person')
    } else {
      log.info({ code: errorCode(error), meaning: errorKind(error) }, 'nobody to answer')
    }
  }
}
