/**
 * Voice messages: a single audio file with its length and waveform, and nothing else.
 *
 * Source: developers/resources/message.mdx, "Voice Messages".
 */

import { MESSAGE_FLAG } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import { contentTypeOf } from '../cdn/files.ts'
import { can } from '../world/permissions.ts'
import type { Channel } from '../world/types.ts'
import type { World } from '../world/world.ts'
import type { MessageBody } from './body.ts'

/** Whether these flags are those of a voice message. */
export function isVoice(flags: number | undefined): boolean {
  return ((flags ?? 0) & MESSAGE_FLAG.voiceMessage) !== 0
}

/**
 * Asserts that the body is that of a voice message, if it has the flag.
 *
 * @throws {ApiError} 50159, 50160, 50161, or 50173 without the permission.
 */
export function checkVoice(
  world: World,
  { channel, authorId }: { readonly channel: Channel; readonly authorId: string },
  body: MessageBody,
): void {
  if (!isVoice(body.flags)) {
    return
  }
  if (!can(world, channel, authorId, 'sendVoiceMessages')) {
    throw refuse('voiceNotAllowed')
  }
  const { content = '', embeds = [], components = [], stickerIds, uploads, pointer } = body
  const others = embeds.length + components.length + stickerIds.length
  if (content !== '' || others > 0 || pointer?.type === 1) {
    throw refuse('voiceWithContent')
  }
  const [file] = uploads
  if (!file || uploads.length > 1 || !contentTypeOf(file.name)?.startsWith('audio/')) {
    throw refuse('voiceWithoutAudio')
  }
  if (file.durationS === undefined || file.waveform === undefined) {
    throw refuse('voiceWithoutMetadata')
  }
}
