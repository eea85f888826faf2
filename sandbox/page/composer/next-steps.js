/**
 * What the bot can do with a picture that was just posted, offered above the text.
 *
 * Discord hides these commands in the message's menu, where a newcomer would not look.
 */

import { commandsFor, useMenuCommand } from '../state/actions.js'
import { h } from '../widgets/dom.js'
import { whyNotWrite } from '../state/selectors.js'
import { words } from '../language/language.js'
import { isPicture } from '../widgets/media.js'
import { changed, history, state } from '../state/state.js'

const MESSAGE_COMMAND = 3

/** At most this many commands are offered. */
const MAX_COMMANDS = 3

/** The row of commands. */
export class NextSteps {
  element = h('div', { class: 'next-steps', role: 'group', 'aria-label': words().apps })

  constructor(/** @type {AbortSignal} */ signal) {
    const kinds = /** @type {const} */ ([
      'snapshot',
      'current',
      'message',
      'deleted',
      'members',
      'commands',
    ])
    for (const kind of kinds) {
      changed(kind, () => this.#draw(), signal)
    }
    this.#draw()
  }

  #draw() {
    const message = postedPicture()
    const commands = message ? commandsFor(MESSAGE_COMMAND).slice(0, MAX_COMMANDS) : []
    this.element.hidden = commands.length === 0
    this.element.replaceChildren(
      ...commands.map((command) =>
        h(
          'button',
          {
            type: 'button',
            class: 'button quiet',
            onclick: () => message && useMenuCommand(command, message.id, message.channel_id),
          },
          command.name_localized ?? command.name,
        ),
      ),
    )
  }
}

/** The newest message of the open channel, if it is a person's and has a picture. */
function postedPicture() {
  const message = history(state.current).at(-1)
  if (!message || message.author.bot || whyNotWrite() !== '') {
    return null
  }
  return message.attachments.some(isPicture) ? message : null
}
