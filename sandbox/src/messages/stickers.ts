/** Discord's standard stickers, of which the sandbox has one. */

import { Checks } from '../protocol/field-checks.ts'
import type { StickerItem } from '../world/message.ts'

/** Source: developers/resources/sticker.mdx, the example sticker. */
const STICKERS: readonly StickerItem[] = [
  { id: '749054660769218631', name: 'Wave', format_type: 3 },
]

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
      return sticker
    }
    checks.fail(`sticker_ids.${i}`, 'STICKER_NOT_FOUND', 'This sticker is not in the sandbox.')
    return []
  })
  checks.done()
  return stickers
}
