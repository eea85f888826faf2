/**
 * Puts new links of a message's own files into its components and embeds, for each reader.
 *
 * They are stored as `attachment://NAME`, because a link expires after a day.
 */

import { isJson } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { COMPONENT } from './components/component-kinds.ts'
import type { StoredFile } from '../cdn/files.ts'
import { attachmentName } from './media.ts'
import type { World } from '../world/world.ts'

/** The id of media that Discord did not fetch. The sandbox never fetches external media. */
const NOT_FETCHED = '0'

/** The component or the embed with links for a reader. */
export function withLinks(world: World, files: readonly StoredFile[], shown: object): object {
  return isJson(shown) ? linked(world, files, shown) : shown
}

function linked(world: World, files: readonly StoredFile[], value: Json): Json {
  const fileAt = (url: unknown) => {
    const name = attachmentName(url)
    return name === undefined ? undefined : files.find((file) => file.name === name)
  }
  const linkedItem = (key: string, item: unknown): unknown => {
    if (Array.isArray(item)) {
      return item.map((one: unknown) => linkedItem('', one))
    }
    if (key === 'icon_url') {
      const file = fileAt(item)
      return file ? world.cdn.media(file).url : item
    }
    if (!isJson(item)) {
      return item
    }
    const file = fileAt(item['url'])
    const inner = linked(world, files, item)
    if (key === 'media' || key === 'file') {
      if (!file) {
        return { id: NOT_FETCHED, proxy_url: item['url'], ...inner }
      }
      return { ...inner, id: file.id, attachment_id: file.id, ...world.cdn.media(file) }
    }
    return file ? { ...inner, ...world.cdn.media(file) } : inner
  }
  const entries = Object.entries(value).map(([key, item]) => [key, linkedItem(key, item)] as const)
  const result: Json = Object.fromEntries(entries)
  if (value['type'] !== COMPONENT.file || !isJson(value['file'])) {
    return result
  }
  const file = fileAt(value['file']['url'])
  return { ...result, name: file?.name ?? '', size: file?.bytes.length ?? 0 }
}
