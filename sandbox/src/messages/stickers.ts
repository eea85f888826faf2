/** The stickers of a message. */

import { STICKERS } from '../cdn/stickers.ts'
import { Checks } from '../protocol/field-checks.ts'
import type { StickerItem } from '../world/message.ts'

/**
 * The stickers of these ids.
 *
 * @throws {ApiError} 50035 for an unknown one.
 */
export function stickerItems(ids: readonly string[]): readonly StickerItem[] {
  const checks = new Checks()
  const stickers = ids.flatMap((id, i) => {
    const sticker = STICKERS.find((known) => known.id === id)
    if (sticker) {
      const { name, format_type } = sticker
      return { id, name, format_type }
    }
    checks.fail(`sticker_ids.${i}`, 'STICKER_NOT_FOUND', 'This sticker is not in the sandbox.')
    return []
  })
  checks.done()
  return stickers
}
