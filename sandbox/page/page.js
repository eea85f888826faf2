/** The page: one channel, live. Everything it shows comes from the sandbox it was served by. */

import { drawMessage, nameOf } from './messages.js'

const RETRY_MS = 1000
const TYPING_MS = 8000

const at = (id) => document.getElementById(id)
const state = { you: null, users: [], channels: [], channel: null, messages: new Map() }
let picked = null
let replyTo = null
let typingTimer = 0
let socket = null

/** Connects, and again whenever the sandbox comes back. */
function connect() {
  const as = new URLSearchParams(location.search).get('as')
  const query = as ? `?as=${encodeURIComponent(as)}` : ''
  socket = new WebSocket(`ws://${location.host}/sandbox/live${query}`)
  socket.addEventListener('message', ({ data }) => hear(JSON.parse(data)))
  socket.addEventListener('open', () => (at('connection').textContent = ''))
  socket.addEventListener('close', () => {
    at('connection').textContent = 'The sandbox does not answer. Is it still running?'
    setTimeout(connect, RETRY_MS)
  })
}

function hear(told) {
  if (told.type === 'snapshot') return begin(told)
  if (told.type === 'message') return keep(told.message)
  if (told.type === 'deleted') {
    state.messages.delete(told.id)
    at(`message-${told.id}`)?.remove()
  }
  if (told.type === 'typing' && told.channel_id === state.channel?.id) showTyping(told.user_id)
  if (told.type === 'failed') complain('The application did not respond.')
}

function begin(snapshot) {
  Object.assign(state, { you: snapshot.you, users: snapshot.users, channels: snapshot.channels })
  state.messages = new Map(snapshot.messages.map((message) => [message.id, message]))
  const known = snapshot.channels.find(({ id }) => id === state.channel?.id)
  state.channel = known ?? snapshot.channels[0]
  const people = snapshot.users.filter((user) => !user.bot)
  at('member').replaceChildren(
    ...people.map(
      (user) => new Option(nameOf(user), user.username, false, user.id === state.you.id),
    ),
  )
  drawChannel()
}

function drawChannel() {
  at('channels').replaceChildren(
    ...state.channels.map((channel) => {
      const item = document.createElement('li')
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = `#${channel.name ?? 'direct messages'}`
      if (channel.id === state.channel.id) button.setAttribute('aria-current', 'page')
      button.addEventListener('click', () => {
        state.channel = channel
        drawChannel()
      })
      item.append(button)
      return item
    }),
  )
  at('channel-name').textContent = `#${state.channel.name ?? 'direct messages'}`
  at('channel-topic').textContent = state.channel.topic ?? ''
  const shown = [...state.messages.values()].filter((m) => m.channel_id === state.channel.id)
  at('messages').replaceChildren(...shown.map((message) => drawMessage(message, startReply)))
  scrollDown()
}

function keep(message) {
  state.messages.set(message.id, message)
  if (message.channel_id !== state.channel?.id) return
  if (message.author.bot) showTyping(null)
  const fresh = drawMessage(message, startReply)
  const old = at(`message-${message.id}`)
  if (old) old.replaceWith(fresh)
  else at('messages').append(fresh)
  scrollDown()
}

function scrollDown() {
  const list = at('messages')
  list.scrollTop = list.scrollHeight
}

function showTyping(userId) {
  clearTimeout(typingTimer)
  const user = state.users.find(({ id }) => id === userId)
  at('typing').textContent = user ? `${nameOf(user)} is typing…` : ''
  if (user) typingTimer = setTimeout(() => showTyping(null), TYPING_MS)
}

function startReply(message) {
  replyTo = message
  at('replying-name').textContent = nameOf(message.author)
  at('replying').hidden = false
  at('text').placeholder = 'Ask about the picture'
  at('text').focus()
}

function endReply() {
  replyTo = null
  at('replying').hidden = true
  at('text').placeholder = 'Drop a picture here to have it described'
}

function pick(file) {
  if (at('picked-image').src) URL.revokeObjectURL(at('picked-image').src)
  at('picked-image').removeAttribute('src')
  picked = file ?? null
  at('picked').hidden = !picked
  at('file').value = ''
  if (!picked) return
  at('picked-image').src = URL.createObjectURL(picked)
  at('picked-name').textContent = picked.name
  at('describe').focus()
}

function complain(sentence) {
  at('problem').textContent = sentence
  at('problem').hidden = sentence === ''
}

/** @returns whether the sandbox took it; says why where it did not. */
async function post(kind, payload, file) {
  complain('')
  const form = new FormData()
  form.set('payload_json', JSON.stringify(payload))
  if (file) form.set('files[0]', file)
  const query = new URLSearchParams({ as: state.you.id, channel: state.channel.id })
  try {
    const response = await fetch(`/sandbox/${kind}?${query}`, { method: 'POST', body: form })
    if (response.ok) return true
    const { message, code } = await response.json()
    complain(code === 10063 ? 'The bot is not there yet. Try again in a moment.' : message)
  } catch {
    complain('The sandbox does not answer. Is it still running?')
  }
  return false
}

async function describePicked() {
  if (await post('commands', { name: 'describe', options: { image: { file: 0 } } }, picked)) pick()
}

async function sendMessage() {
  const content = at('text').value.trim()
  if (content === '' && !picked) return
  const reference = replyTo ? { message_reference: { message_id: replyTo.id } } : {}
  if (!(await post('messages', { content, ...reference }, picked))) return
  at('text').value = ''
  endReply()
  pick()
}

at('composer').addEventListener('submit', (event) => {
  event.preventDefault()
  void (picked && at('text').value.trim() === '' ? describePicked() : sendMessage())
})
at('send-plain').addEventListener('click', () => void sendMessage())
// A picture takes its room once it has come.
at('messages').addEventListener('load', scrollDown, true)
at('pick-cancel').addEventListener('click', () => pick())
at('reply-cancel').addEventListener('click', endReply)
at('file').addEventListener('change', () => pick(at('file').files[0]))
at('member').addEventListener('change', () => {
  location.search = `?as=${encodeURIComponent(at('member').value)}`
})
document.addEventListener('dragover', (event) => event.preventDefault())
document.addEventListener('drop', (event) => {
  event.preventDefault()
  pick(event.dataTransfer.files[0])
})
document.addEventListener('paste', (event) => {
  if (event.clipboardData.files[0]) pick(event.clipboardData.files[0])
})
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') endReply()
})

connect()
