/**
 * Which files an attachment option or a file upload accepts, by extension only.
 *
 * Source: developers/reference.mdx, "File Type Filtering".
 */

import { extname } from 'node:path'

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  image: ['.png', '.gif', '.jpg', '.jpeg', '.jfif', '.webp', '.avif'],
  video: ['.mp4', '.mov', '.qt', '.webm'],
  audio: ['.mp3', '.m4a', '.wav', '.ogg', '.opus', '.flac'],
}

/** Whether the file is accepted; without a list of types, every file is. */
export function hasFileType(name: string, types: unknown): boolean {
  if (!Array.isArray(types) || types.length === 0) {
    return true
  }
  const extension = extname(name).toLowerCase()
  return types.some((type) => {
    const group = GROUPS[String(type)]
    return group ? group.includes(extension) : String(type).toLowerCase() === extension
  })
}
