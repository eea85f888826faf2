/**
 * The picture that an answer shows. A picture attached to a command is seen by nobody, so a public
 * answer posts it: others see what the answer is about, and it stays when the upload's link ends.
 */

import { type BaseInteraction, PermissionFlagsBits } from 'discord.js'
import { plainText } from '../../commands/answer-text.ts'
import type { PostedFile } from '../discord/reply.ts'
import { SPOILER_PREFIX } from '../discord/spoilers.ts'
import { altTextOf, altTextWith, quoteOf } from '../requests/captions.ts'
import type { AnswerPart, RequestContext, RequestDeps } from '../requests/context.ts'
import type { RequestOf } from '../requests/request.ts'

/**
 * The largest file that the answer to an interaction may show, in bytes; null: none. The bot posts
 * nothing for a person who may not post files there themselves.
 */
export function shownBytes({
  appPermissions,
  memberPermissions,
  attachmentSizeLimit,
}: BaseInteraction): number | null {
  const { AttachFiles } = PermissionFlagsBits
  const isAllowed = appPermissions.has(AttachFiles) && memberPermissions?.has(AttachFiles) !== false
  return isAllowed ? attachmentSizeLimit : null
}

/** The files that an answer shows, and whether it names its picture: not one that it shows. */
export async function shownOrNamed(
  deps: RequestDeps,
  context: RequestContext,
  request: RequestOf<'look'>,
  parts: readonly AnswerPart[],
) {
  const files = await shownFiles(deps, context, request, parts)
  return { files, named: request.named && files.length === 0 }
}

/** @param parts of the answer, one for each picture. */
async function shownFiles(
  { pictures, mayShow }: RequestDeps,
  { options, text }: RequestContext,
  { pictures: uploads, place: { guildId }, shows, question }: RequestOf<'look'>,
  parts: readonly AnswerPart[],
): Promise<PostedFile[]> {
  const files: PostedFile[] = []
  let room = shows ?? 0
  for (const [i, picture] of uploads.entries()) {
    const part = parts[i]
    if (!part || part.conversation === null || shows === null) {
      return []
    }
    const { bytes } = await pictures.file(picture, options.signal)
    room -= bytes.length
    if (room < 0 || (guildId !== null && !(await mayShow(guildId, picture)))) {
      return [] // all or none: the answer counts them
    }
    const seen = part.words
      ? altTextWith('', quoteOf(part.words), text)
      : altTextOf(part.lines[0] ?? '')
    const description = question === null || part.words ? text.answer.altText(plainText(seen)) : ''
    files.push({ name: postedName(picture), bytes, description })
  }
  return files
}

/** The name of a file that is posted again, which keeps a spoiler one. */
export function postedName({ name, spoiler }: { name: string; spoiler: boolean }): string {
  return `${spoiler && !name.startsWith(SPOILER_PREFIX) ? SPOILER_PREFIX : ''}${plainText(name)}`
}
