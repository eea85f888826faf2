/** Routes of stickers. Source: developers/resources/sticker.mdx. */

import { STICKERS } from '../cdn/stickers.ts'
import type { Sticker } from '../cdn/stickers.ts'
import { refuse } from '../protocol/errors.ts'
import { ok } from './route.ts'
import type { Route } from './route.ts'

/** The pack that all stickers are in. */
const PACK_ID = '847199849233514549'

const STANDARD = 1

function render(sticker: Sticker): object {
  const { id, name, description, format_type } = sticker
  const place = { pack_id: PACK_ID, sort_value: STICKERS.indexOf(sticker) }
  return { id, name, description, tags: name.toLowerCase(), type: STANDARD, format_type, ...place }
}

/** All routes of this file. */
export const stickerRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/stickers/:sticker',
    handle({ params }) {
      const sticker = STICKERS.find(({ id }) => id === params['sticker'])
      if (!sticker) {
        throw refuse('unknownSticker')
      }
      return ok(render(sticker))
    },
  },
]
