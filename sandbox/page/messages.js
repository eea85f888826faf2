/** Draws messages. Text is always set as text, never as markup. */

const LOADING = 1 << 7
const EPHEMERAL = 1 << 6

/** The page's own address of a file, whatever name the page was opened by. */
function local(address) {
  const { pathname, search } = new URL(address)
  return pathname + search
}

function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

/** What a person is called. */
export function nameOf(user) {
  return user.global_name ?? user.username
}

/** Discord's markdown comes down to its escapes here: a backslash before a sign is dropped. */
export function plain(text) {
  return text.replaceAll(/\\([^\p{L}\p{N}\s])/gu, '$1')
}

function drawFile(file) {
  if (!file.content_type?.startsWith('image/')) {
    const link = element('a', 'file', `${file.filename} (${file.size} bytes)`)
    link.href = local(file.url)
    return link
  }
  const image = element('img', 'picture')
  image.src = local(file.url)
  image.alt = file.description ?? `Picture ${file.filename}`
  if (file.width) image.width = file.width
  if (file.height) image.height = file.height
  return image
}

function drawOrigin(message) {
  const { interaction, referenced_message: target, message_reference: reference } = message
  if (interaction) {
    return element('p', 'origin', `${nameOf(interaction.user)} used /${interaction.name}`)
  }
  if (!reference) return null
  const said = target
    ? `${nameOf(target.author)}: ${plain(target.content) || 'a picture'}`
    : 'a message that was deleted'
  return element('p', 'origin', `↪ ${said}`)
}

/**
 * One message as a list item.
 *
 * @param onReply called when the person wants to reply to it.
 */
export function drawMessage(message, onReply) {
  const item = element('li', 'message')
  item.id = `message-${message.id}`
  const origin = drawOrigin(message)
  if (origin) item.append(origin)
  const avatar = element('span', `avatar ${message.author.bot ? 'bot' : ''}`)
  avatar.textContent = nameOf(message.author).slice(0, 1)
  avatar.setAttribute('aria-hidden', 'true')
  const head = element('p', 'head')
  head.append(element('strong', '', nameOf(message.author)))
  if (message.author.bot) head.append(element('span', 'badge', 'APP'))
  const time = element('time', '', new Date(message.timestamp).toLocaleTimeString())
  time.dateTime = message.timestamp
  head.append(time)
  const body = element('div', 'body')
  if (message.flags & LOADING) body.append(element('p', 'thinking', 'is thinking…'))
  else if (message.content) body.append(element('p', 'text', plain(message.content)))
  for (const file of message.attachments) body.append(drawFile(file))
  if (message.flags & EPHEMERAL) body.append(element('p', 'origin', 'Only you can see this'))
  item.append(avatar, head, body)
  if (!(message.flags & (LOADING | EPHEMERAL))) {
    const reply = element('button', 'reply', 'Reply')
    reply.type = 'button'
    reply.setAttribute('aria-label', `Reply to ${nameOf(message.author)}`)
    reply.addEventListener('click', () => onReply(message))
    item.append(reply)
  }
  return item
}
