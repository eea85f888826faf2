/**
 * Where messages are written: text, files, replies, edits, and commands after a slash.
 *
 * @import { Message } from '../types.d.ts'
 * @import { Leaf } from '../state/command-tree.js'
 */

import { attempt } from '../state/actions.js'
import { CommandForm } from './command-form.js'
import { CommandList } from './command-list.js'
import { readCommandText } from '../state/command-text.js'
import { leaves, typedCommand } from '../state/command-tree.js'
import { notify } from '../widgets/dialogs.js'
import { act } from '../state/api.js'
import { h, iconButton } from '../widgets/dom.js'
import { acceptable } from './drafts.js'
import { titleOf, whyNotWrite } from '../state/selectors.js'
import { icon } from '../widgets/icons.js'
import { words } from '../language/language.js'
import { needsAgeCheck } from '../messages/log.js'
import { withMentions } from '../state/mentions.js'
import { NextSteps } from './next-steps.js'
import { ReplyBar } from './reply-bar.js'
import { changed, history, state, waitFor } from '../state/state.js'
import { Uploads } from './uploads.js'

/** Shortest interval between typing notifications, in milliseconds. */
const TYPING_EVERY_MS = 7000

/** The part of the page below the messages. */
export class Composer {
  /** @type {Message | null} */
  #replyTo = null
  /** @type {Message | null} */
  #editing = null
  /** @type {CommandForm | null} */
  #form = null
  #typingToldMs = 0
  #bar = new ReplyBar(() => this.#cancel())
  #uploads = new Uploads({ use: (leaf) => this.#useOnDraft(leaf), left: () => this.focus() })
  #place = h('div', { class: 'command-place', hidden: true })
  #notice = h('p', { class: 'notice', hidden: true })
  #text = h('textarea', {
    id: 'text',
    rows: 1,
    // With Nitro; the sandbox refuses more than 2,000 characters without it.
    maxlength: 4000,
    'aria-label': words().composer,
    autocomplete: 'off',
    oninput: () => this.#onInput(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event),
  })
  #list = new CommandList(this.#text, (leaf) => this.#begin(leaf))
  #file = h('input', {
    type: 'file',
    id: 'file',
    multiple: true,
    class: 'visually-hidden',
    tabindex: -1,
    'aria-hidden': 'true',
    onchange: () => this.#onFile(),
  })
  #line
  element

  constructor(/** @type {AbortSignal} */ signal) {
    const { attach, commands, composer, send } = words()
    this.#line = h(
      'form',
      { class: 'composer-line', 'aria-label': composer },
      iconButton(icon('plus'), attach, () => this.#file.click()),
      this.#text,
      iconButton(icon('slash'), commands, () => this.#slash()),
      h(
        'button',
        { type: 'submit', class: 'icon-button send', 'aria-label': send, title: send },
        icon('send'),
      ),
    )
    this.#line.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#send()
    })
    this.element = h(
      'div',
      { class: 'composer' },
      this.#list.element,
      new NextSteps(signal).element,
      this.#bar.element,
      this.#uploads.element,
      this.#place,
      this.#line,
      this.#file,
      this.#notice,
    )
    changed('current', () => this.#reset(), signal)
    for (const name of /** @type {const} */ (['snapshot', 'channels', 'members'])) {
      changed(name, () => this.#drawState(), signal)
    }
    changed('commands', () => this.#uploads.draw(), signal)
    this.#drawState()
  }

  /** Starts a reply. */
  reply(/** @type {Message} */ message) {
    this.#stopEditing()
    this.#replyTo = message
    this.#bar.ping = message.author.id !== state.you?.id
    this.#drawBar()
    this.focus()
  }

  /** Starts to edit one of the person's own messages. */
  edit(/** @type {Message} */ message) {
    this.#replyTo = null
    this.#editing = message
    this.#text.value = message.content
    this.#drawBar()
    this.focus()
  }

  /** Takes a text that was pasted outside of any field. */
  paste(/** @type {string} */ text) {
    this.insert(text)
    if (!this.#form) {
      this.#onInput()
    }
  }

  /** Appends to the text. */
  insert(/** @type {string} */ text) {
    this.#text.value += text
    this.focus()
  }

  focus() {
    if (this.#form) {
      this.#form.focus()
    } else {
      this.#text.focus()
    }
  }

  /** Adds files that were dropped, pasted, chosen from disk, or picked from the samples. */
  addFiles(/** @type {readonly File[]} */ files) {
    const [first] = files
    const sentence = whyNotWrite()
    if (sentence !== '') {
      return notify(sentence, 'bad')
    }
    if (!this.#form) {
      this.#uploads.add(files)
    } else if (first && acceptable([first], 0).length > 0) {
      this.#form.takeFile(first)
    }
    this.focus()
  }

  #onFile() {
    this.addFiles([...(this.#file.files ?? [])])
    this.#file.value = ''
  }

  #reset() {
    this.#replyTo = null
    this.#stopEditing()
    this.#leaveCommand()
    this.#list.close()
    this.#drawState()
  }

  /** Hides the text field, with the reason, where the member cannot write; sets its placeholder. */
  #drawState() {
    const channel = state.channels.get(state.current)
    const sentence = whyNotWrite()
    this.element.hidden = needsAgeCheck()
    this.#notice.textContent = sentence
    this.#notice.hidden = sentence === ''
    this.#line.hidden = sentence !== '' || this.#form !== null
    this.#text.placeholder = words().writeTo(titleOf(channel))
    this.#drawBar()
    this.#uploads.draw()
  }

  #drawBar() {
    this.#bar.draw(this.#editing, this.#replyTo)
  }

  #cancel() {
    this.#replyTo = null
    this.#stopEditing()
    this.#drawBar()
    this.focus()
  }

  #stopEditing() {
    if (this.#editing) {
      this.#text.value = ''
    }
    this.#editing = null
  }

  /** Runs a command at once with the single attached picture as its option. */
  #useOnDraft(/** @type {Leaf} */ leaf) {
    this.#begin(leaf)
    void this.#run()
  }

  #slash() {
    this.#text.value = '/'
    this.#text.focus()
    this.#list.update()
  }

  #onInput() {
    const { value } = this.#text
    const full = typedCommand(value)
    if (full) {
      return this.#begin(full)
    }
    const command = readCommandText(value, leaves())
    if (command && command.values.size > 0) {
      return this.#begin(command.leaf, command.values)
    }
    this.#list.update()
    if (this.#uploads.drafts.length > 0) {
      this.#uploads.draw(value.trim() === '')
    }
    if (value === '' || value.startsWith('/')) {
      return
    }
    if (Date.now() - this.#typingToldMs < TYPING_EVERY_MS) {
      return
    }
    this.#typingToldMs = Date.now()
    // A typing notification may fail: ignore the error.
    act('typing', {}).catch(() => {})
  }

  #onKey(/** @type {KeyboardEvent} */ event) {
    if (event.isComposing || this.#list.onKey(event)) {
      return
    }
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      void this.#send()
    } else if (event.key === 'Escape') {
      this.#cancel()
    } else if (event.key === 'ArrowUp' && this.#text.value === '') {
      const own = history(state.current).findLast(({ author }) => author.id === state.you?.id)
      if (!own) {
        return
      }
      event.preventDefault()
      this.edit(own)
    }
  }

  #begin(/** @type {Leaf} */ leaf, /** @type {ReadonlyMap<string, string>} */ values = new Map()) {
    this.#list.close()
    this.#form = new CommandForm(leaf, {
      run: () => void this.#run(),
      leave: () => this.#leave(),
      values,
    })
    this.#text.value = ''
    this.#place.replaceChildren(this.#form.element)
    this.#place.hidden = false
    this.#line.hidden = true
    const [draft] = this.#uploads.drafts
    if (draft && this.#form.takeFile(draft.file)) {
      this.#uploads.clear()
    }
    this.#form.focus()
  }

  #leave() {
    this.#leaveCommand()
    this.#drawState()
    this.focus()
  }

  #leaveCommand() {
    this.#form?.close()
    this.#form = null
    this.#place.hidden = true
    this.#place.replaceChildren()
  }

  async #run() {
    const form = this.#form
    const read = form?.read()
    if (!form || !read) {
      return
    }
    const channelId = state.current
    const { name, label } = form.leaf
    try {
      const { id } = await act('commands', { name, options: read.options }, read.files, channelId)
      const waiting = { messageId: null, customId: null, failed: false }
      waitFor({ id, channelId, name: `/${label}`, ...waiting })
      if (this.#form === form) {
        this.#leave()
      }
    } catch (error) {
      form.complain(error instanceof Error ? error.message : String(error))
    }
  }

  async #send() {
    const content = this.#text.value.trim()
    if (this.#editing) {
      return this.#saveEdit(this.#editing, content)
    }
    const { drafts } = this.#uploads
    if (content === '' && drafts.length === 0) {
      return
    }
    const command = readCommandText(content, leaves())
    if (command) {
      return this.#begin(command.leaf, command.values)
    }
    if (content.startsWith('/') && drafts.length === 0) {
      return notify(words().noCommands, 'bad')
    }
    const payload = {
      content: withMentions(content),
      attachments: this.#uploads.describe(),
      allowed_mentions: { parse: ['users', 'roles', 'everyone'], replied_user: this.#bar.ping },
      ...(this.#replyTo ? { message_reference: { message_id: this.#replyTo.id } } : {}),
    }
    const files = drafts.map(({ file }) => file)
    this.#text.value = ''
    if (await attempt(() => act('messages', payload, files))) {
      this.#replyTo = null
      this.#uploads.clear()
      this.#drawBar()
    } else if (this.#text.value === '') {
      this.#text.value = content
    }
  }

  async #saveEdit(/** @type {Message} */ message, /** @type {string} */ content) {
    const payload = { message_id: message.id, content: withMentions(content) }
    const saved = await attempt(() => act('edit', payload, [], message.channel_id))
    if (saved) {
      this.#cancel()
    }
  }
}
