/**
 * The route that signs expired attachment links again.
 *
 * Discord does not document it, but bots use it. Source: esmBot issue 461.
 */

import { Checks } from '../../protocol/field-checks.ts'
import { asJson } from '../../protocol/body.ts'
import { ok } from '../route.ts'
import type { Context, Reply, Route } from '../route.ts'

const MAX_URLS = 50

function refresh({ world, body }: Context): Reply {
  const checks = new Checks()
  const list = asJson(body)['attachment_urls']
  const urls: readonly unknown[] = Array.isArray(list) ? list : []
  if (urls.length === 0) {
    checks.missing('attachment_urls')
  }
  if (urls.length > MAX_URLS) {
    const message = `Must be ${MAX_URLS} or fewer in length.`
    checks.fail('attachment_urls', 'BASE_TYPE_MAX_LENGTH', message)
  }
  const refreshed = urls.map((original, i) => {
    const refreshed = typeof original === 'string' ? world.cdn.refresh(original) : null
    if (refreshed === null) {
      const message = 'Not a well formed URL of an attachment.'
      checks.fail(`attachment_urls.${i}`, 'URL_TYPE_INVALID_URL', message)
    }
    return { original, refreshed: refreshed }
  })
  checks.done()
  return ok({ refreshed_urls: refreshed })
}

/** All routes of this file. */
export const attachmentRoutes: readonly Route[] = [
  { method: 'POST', path: '/attachments/refresh-urls', handle: refresh },
]
