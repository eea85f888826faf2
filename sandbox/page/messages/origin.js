/**
 * The line above a message that shows its origin: the replied-to message, or the command used.
 *
 * @import { Message } from '../types.d.ts'
 */

import { avatar } from '../widgets/avatar.js'
import { h } from '../widgets/dom.js'
import { nameOf } from '../state/selectors.js'
import { leaves } from '../state/command-tree.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { state } from '../state/state.js'
import { jumpTo, lineOf } from '../text/text.js'

/** The origin line above a message's header; null if the message has none. */
export function drawOrigin(/** @type {Message} */ message) {
  const { interaction, referenced_message: target, message_reference: reference } = message
  if (interaction && message.type !== 19) {
    const name = localized(interaction.name)
    const command = message.type === 23 ? name : `/${name}`
    return h(
      'div',
      { class: 'origin' },
      avatar(interaction.user, 'tiny'),
      h('strong', {}, nameOf(interaction.user)),
      h('span', {}, words().used(''), h('span', { class: 'mention' }, command)),
    )
  }
  if (!reference || reference.type === 1 || message.type === 21) {
    return null
  }
  if (!target) {
    return h('div', { class: 'origin' }, icon('reply'), h('em', {}, words().deletedMessage))
  }
  const line = lineOf(target.content) || words().clickForAttachment
  return h(
    'div',
    { class: 'origin' },
    avatar(target.author, 'tiny'),
    h('strong', {}, `${mentionsTarget(message, target) ? '@' : ''}${nameOf(target.author)}`),
    h(
      'button',
      { type: 'button', class: 'origin-line', onclick: () => jumpTo(target.channel_id, target.id) },
      line,
    ),
  )
}

/** The command's name in the reader's language, if the command still exists. */
function localized(/** @type {string} */ name) {
  const leaf = leaves().find((one) => one.name === name)
  const menu = state.commands.find((command) => command.name === name)
  return leaf?.label ?? menu?.name_localized ?? name
}

function mentionsTarget(/** @type {Message} */ message, /** @type {Message} */ target) {
  return message.mentions?.some(({ id }) => id === target.author.id)
}
