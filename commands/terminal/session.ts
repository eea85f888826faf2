/** Opens the model of a terminal command, and closes it at the end. */

import type { Config } from '../../config/config.ts'
import { matcherBeside } from '../../config/models.ts'
import type { Task } from '../../inference/families/common/card-base.ts'
import { openConfiguredModel } from '../../inference/configured-model.ts'
import { systemPromptNote, withSystemPrompt } from '../../inference/system-prompt.ts'
import type { Model } from '../../inference/contract/types.ts'
import { readSettings, userFolder } from './environment.ts'

export type Session = {
  readonly model: Model
  readonly config: Config
  /** Base of relative paths on the command line. */
  readonly folder: string
  readonly signal: AbortSignal
}

/**
 * Opens the model, runs `work`, and closes the model.
 *
 * @param command name of the npm script.
 * @param use the name of the model, or its folder, default the setting SIGHTSEER_MODEL, for matching
 *   SIGHTSEER_MATCHER where it is set; and what it is for, default writing texts.
 */
export async function withModel<T>(
  command: string,
  use: { readonly name: string | undefined; readonly task?: Task },
  signal: AbortSignal,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const config = readSettings(use.name)
  const { task = 'text' } = use
  const name = use.name ?? (task === 'match' ? config.matcher : undefined) ?? config.model
  const folder = userFolder(command)
  const opening = notice(`Opening ${name} …`) // seconds for a large model
  // A command needs one model; what ships with it costs little, and helps to judge pictures.
  const one = { ...config, matcher: task === 'text' ? matcherBeside(name) : undefined }
  const model = await openConfiguredModel(one, { model: name, task, folder }).finally(opening.clear)
  try {
    signal.throwIfAborted()
    const { systemPrompt } = config
    const note = task === 'text' ? systemPromptNote(model.card, systemPrompt) : null
    if (note !== null) {
      process.stderr.write(`${note}\n`)
    }
    return await work({ model: withSystemPrompt(model, systemPrompt), config, folder, signal })
  } finally {
    await model.close()
  }
}

/** Shows a line at a terminal until `clear` is called. */
function notice(text: string): { readonly clear: () => void } {
  if (!process.stderr.isTTY) {
    return { clear: () => {} }
  }
  process.stderr.write(text)
  return {
    clear: () => {
      process.stderr.write('\r\u001b[2K')
    },
  }
}
