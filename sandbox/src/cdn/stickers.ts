/**
 * The sandbox's stickers, one of each format, and custom emoji, with their files.
 *
 * On Discord the GIFs are at media.discordapp.net and the others at the CDN; here both are at the
 * sandbox's own address, which is what discord.js's `rest.cdn` and `rest.mediaProxy` take.
 * Emoji are served and can be written in messages; a guild lists none.
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

/** A custom emoji and the name of its file, which is also a sticker's. */
export type Emoji = { readonly id: string; readonly name: string; readonly file: string }

/** All custom emoji: a still one and a moving one. */
export const EMOJIS: readonly Emoji[] = [
  { id: '749054660769218641', name: 'heart', file: 'heart.png' },
  { id: '749054660769218642', name: 'pulse', file: 'pulse.gif' },
]

/** The file at a path such as `/stickers/ID.png`; undefined for an unknown one. */
export function stickerFile(address: string): Promise<StoredFile | undefined> {
  return fileAt('stickers', STICKERS, address)
}

/** The file at a path such as `/emojis/ID.gif`; undefined for an unknown one. */
export function emojiFile(address: string): Promise<StoredFile | undefined> {
  return fileAt('emojis', EMOJIS, address)
}

async function fileAt(
  folder: string,
  entries: readonly { readonly id: string; readonly file: string }[],
  address: string,
): Promise<StoredFile | undefined> {
  const [, from, id, ending] = /^\/(\w+)\/(\d+)(\.\w+)$/.exec(address) ?? []
  const entry = entries.find((known) => known.id === id && path.extname(known.file) === ending)
  if (!entry || from !== folder) {
    return undefined
  }
  return {
    id: entry.id,
    folder,
    name: `${entry.id}${ending}`,
    bytes: await readFile(path.join(FOLDER, entry.file)),
    contentType: contentTypeOf(entry.file),
    width: undefined,
    height: undefined,
    description: undefined,
    spoiler: false,
  }
}
