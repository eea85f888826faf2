/**
 * The sandbox's stickers, one of each format, with their files.
 *
 * On Discord the GIFs are at media.discordapp.net and the others at the CDN; here both are at the
 * sandbox's own address, which is what discord.js's `rest.cdn` and `rest.mediaProxy` take.
 * Source: developers/reference.mdx, "CDN Endpoints"; developers/resources/sticker.mdx.
 */

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { StickerItem } from '../world/message.ts'
import { contentTypeOf } from './files.ts'
import type { StoredFile } from './files.ts'

const FOLDER = path.join(import.meta.dirname, '../../stickers')

/** A sticker and the name of its file. */
export type Sticker = StickerItem & { readonly description: string; readonly file: string }

/** All stickers. The first is the example of Discord's documentation. */
export const STICKERS: readonly Sticker[] = [
  sticker('749054660769218631', { name: 'Wave', format: 3, file: 'wave.json' }),
  sticker('749054660769218632', { name: 'Heart', format: 1, file: 'heart.png' }),
  sticker('749054660769218633', { name: 'Spin', format: 2, file: 'spin.png' }),
  sticker('749054660769218634', { name: 'Pulse', format: 4, file: 'pulse.gif' }),
]

function sticker(
  id: string,
  { name, format, file }: { name: string; format: number; file: string },
): Sticker {
  return { id, name, format_type: format, description: `${name}, a sticker`, file }
}

/** The file at a path such as `/stickers/ID.png`; undefined for an unknown one. */
export async function stickerFile(address: string): Promise<StoredFile | undefined> {
  const [, id, ending] = /^\/stickers\/(\d+)(\.\w+)$/.exec(address) ?? []
  const entry = STICKERS.find((known) => known.id === id && path.extname(known.file) === ending)
  if (!entry) {
    return undefined
  }
  return {
    id: entry.id,
    folder: 'stickers',
    name: `${entry.id}${ending}`,
    bytes: await readFile(path.join(FOLDER, entry.file)),
    contentType: contentTypeOf(entry.file),
    width: undefined,
    height: undefined,
    description: undefined,
    spoiler: false,
  }
}
