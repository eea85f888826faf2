/** The files of messages. A forward shows the files of another message, so one file may have several. */

import type { Cdn, StoredFile } from '../cdn/files.ts'
import type { Message } from './message.ts'

type MessagesAndFiles = {
  /** By channel id, then by message id. */
  readonly messages: ReadonlyMap<string, ReadonlyMap<string, Message>>
  readonly cdn: Pick<Cdn, 'remove'>
}

/** The files of a message, and those of the message that it forwards. */
export function filesOf({ files, snapshots }: Message): readonly StoredFile[] {
  return snapshots.length === 0 ? files : [...files, ...snapshots.flatMap((one) => one.files)]
}

/**
 * Deletes a file of a message, unless a forward shows it: snapshots are immutable. What Discord
 * does with such a file is not documented.
 */
export function removeFile(
  { messages: channels, cdn }: MessagesAndFiles,
  file: StoredFile,
  holder: Message,
): void {
  for (const messages of channels.values()) {
    for (const message of messages.values()) {
      if (message !== holder && filesOf(message).some(({ id }) => id === file.id)) {
        return
      }
    }
  }
  cdn.remove(file)
}
