/**
 * The files of a message: kept or deleted by an edit, and referred to by components and embeds.
 *
 * Components and embeds store `attachment://NAME`, because a link expires after a day;
 * `attachment-links.ts` puts new links in.
 */

import type { Upload } from '../protocol/body.ts'
import { Checks, isJson } from '../protocol/field-checks.ts'
import type { StoredFile } from '../cdn/files.ts'
import type { KeptFile } from './body.ts'
import type { World } from '../world/world.ts'

/** Stores the uploads on the CDN, in order. */
export async function storeFiles(
  world: World,
  channelId: string,
  uploads: readonly Upload[],
): Promise<readonly StoredFile[]> {
  const folder = `attachments/${channelId}`
  return Promise.all(uploads.map((upload) => world.cdn.add(world.nextId(), folder, upload)))
}

/** The files that an edit keeps, with new descriptions; includes those that embeds show. */
export function keepFiles(
  files: readonly StoredFile[],
  kept: readonly KeptFile[] | undefined,
  embeds: readonly object[],
): readonly StoredFile[] {
  if (!kept) {
    return files
  }
  const embedFiles = namesIn(embeds)
  return files.flatMap((file) => {
    const change = kept.find(({ id }) => id === file.id)
    if (!change) {
      return embedFiles.has(file.name) ? file : []
    }
    const { description = file.description, spoiler = file.spoiler } = change
    return { ...file, description: description ?? undefined, spoiler }
  })
}

/** The names of the attachments that components or embeds refer to. */
export function namesIn(shown: readonly object[]): ReadonlySet<string> {
  const names = new Set<string>()
  JSON.stringify(shown, (_, value: unknown) => {
    const name = isJson(value) ? attachmentName(value['url']) : undefined
    if (name !== undefined) {
      names.add(name)
    }
    return value
  })
  return names
}

/** NAME of `attachment://NAME`; undefined for any other link. */
export function attachmentName(url: unknown): string | undefined {
  return typeof url === 'string' ? /^attachment:\/\/(.+)$/s.exec(url)?.[1] : undefined
}

/**
 * Asserts that every attachment that components refer to exists.
 *
 * @throws {ApiError} 50035 for a component that shows a file the message does not have.
 */
export function refuseUnknownNames(
  components: readonly object[],
  files: readonly StoredFile[],
  base = '',
): void {
  const checks = new Checks(base)
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      value.forEach((item, i) => visit(item, `${path}.${i}`))
    }
    if (!isJson(value)) {
      return
    }
    const name = attachmentName(value['url'])
    if (name !== undefined && !files.some((file) => file.name === name)) {
      const sentence = 'The referenced attachment was not found'
      const code = 'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND'
      checks.fail(`${path}.url`, code, sentence)
    }
    for (const [key, item] of Object.entries(value)) {
      visit(item, `${path}.${key}`)
    }
  }
  visit(components, 'components')
  checks.done()
}
