/** A member for tests: does what a user does on the page, and waits for the resulting events. */

import type { APIChannel, APIMessage } from 'discord-api-types/v10'
import { withFiles } from './form.ts'
import type { ModalFields, CommandOptions, LocalFile } from './form.ts'
import { isOutcome } from './member-events.ts'
import type { Choice, MemberEvent } from './member-events.ts'
import { MESSAGE_FLAG } from '../protocol/constants.ts'
import { Connection } from './connection.ts'
import type { MemberOptions } from './connection.ts'

/** A connected member, in one current channel. */
export class Member {
  readonly #connection: Connection

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Connects as the member of that name; `url` is the page's address. */
  static async connect(
    url: string,
    name = 'ada',
    options: MemberOptions | string = {},
  ): Promise<Member> {
    const memberOptions = typeof options === 'string' ? { channel: options } : options
    return new Member(await Connection.connect(url, name, memberOptions))
  }

  get id(): string {
    return this.#connection.id
  }

  /** All events so far, oldest first. */
  get events(): MemberEvent[] {
    return this.#connection.events
  }

  /** The channel the member is in. */
  get channelId(): string {
    return this.#connection.channelId
  }

  /** Switches to another channel, by name or id. */
  switchTo(channel: string): void {
    this.#connection.channelId = this.#connection.channelOf(channel)
  }

  /** Opens the direct-message channel with the bot, or with another user, and switches to it. */
  async openDirect(userId?: string): Promise<string> {
    const { id } = await this.#connection.post<APIChannel>(
      'dms',
      userId === undefined ? {} : { user_id: userId },
    )
    this.#connection.channelId = id
    return id
  }

  /** Opens a group of direct messages with other people, and switches to it. */
  async openGroup(userIds: readonly string[], name = ''): Promise<string> {
    const { id } = await this.#connection.post<APIChannel>('groups', { user_ids: userIds, name })
    this.#connection.channelId = id
    return id
  }

  /** Starts a thread, with or without a starter message, and switches to it. */
  async openThread(name: string, from?: { readonly id: string }): Promise<string> {
    const body = { name, ...(from && { message_id: from.id }) }
    const { id } = await this.#connection.post<APIChannel>('threads', body)
    this.#connection.channelId = id
    return id
  }

  /** Installs the application to the member's own account, or uninstalls it. */
  async install(on = true): Promise<void> {
    await this.#connection.post('install', { on })
  }

  /** Blocks the bot, or unblocks it. */
  async block(on = true): Promise<void> {
    await this.#connection.post('block', { on })
  }

  /** Gets Nitro, or gives it up. */
  async subscribe(on = true): Promise<void> {
    await this.#connection.post('nitro', { on })
  }

  /** Chooses what the bot answers with; resolves once it does. @throws {Error} saying why it does not. */
  async useModel(name: string): Promise<void> {
    await this.#connection.post('model', { name })
  }

  /** Uses a slash command (`memory show`); resolves with the finished response. */
  async slash(name: string, options: CommandOptions = {}): Promise<APIMessage> {
    return this.answer(await this.use(name, options))
  }

  /** Uses a slash command without waiting; resolves with the interaction's id. */
  async use(name: string, options: CommandOptions = {}): Promise<string> {
    await this.commands(name.split(' ')[0]!)
    const { values, files } = withFiles(options)
    return (await this.#connection.post('commands', { name, options: values }, files)).id
  }

  /** Types in an option; resolves with the autocomplete choices. */
  async autocomplete(
    name: string,
    focused: string,
    options: CommandOptions,
  ): Promise<readonly Choice[]> {
    await this.commands(name.split(' ')[0]!)
    const { id } = await this.#connection.post('autocomplete', { name, options, focused })
    return (await this.outcome(id, 'choices')).choices ?? []
  }

  /** Uses the context menu of a message or a user; resolves with the finished response. */
  async menu(name: string, target: { readonly id: string }): Promise<APIMessage> {
    return this.answer(await this.useMenu(name, target))
  }

  /** Uses a context menu without waiting; resolves with the interaction's id. */
  async useMenu(name: string, target: { readonly id: string }): Promise<string> {
    await this.commands(name)
    return (await this.#connection.post('menu', { name, target_id: target.id })).id
  }

  /** Presses a button; resolves with the interaction's id. */
  press(message: { readonly id: string }, customId: string): Promise<string> {
    return this.select(message, customId)
  }

  /** Chooses in a select; resolves with the interaction's id. */
  async select(
    message: { readonly id: string },
    customId: string,
    values?: readonly string[],
  ): Promise<string> {
    const body = { message_id: message.id, custom_id: customId, ...(values && { values }) }
    return (await this.#connection.post('components', body)).id
  }

  /** Waits for the modal that an interaction opens. */
  modal(interactionId: string): Promise<MemberEvent> {
    return this.outcome(interactionId, 'modal')
  }

  /** Sends a modal with its fields by custom id; resolves with the interaction's id. */
  async submit(modal: { readonly id?: string }, fields: ModalFields): Promise<string> {
    const { values, files } = withFiles(fields)
    return (await this.#connection.post('modals', { id: modal.id, values }, files)).id
  }

  /** Waits until the application has registered a command of that name. */
  async commands(name: string): Promise<void> {
    await this.#connection.until(
      (event) => event.commands?.some((command) => command.name === name) ?? false,
    )
  }

  /** Sends a message; resolves with the message as received in the channel. */
  say(content: string, ...files: LocalFile[]): Promise<APIMessage> {
    const attachments = files.map(({ description }, id) => ({ id, description }))
    const body = { content, ...(files.length > 0 ? { attachments } : {}) }
    return this.#connection.post('messages', body, files)
  }

  /** Sends a sticker by its id. */
  stick(stickerId: string): Promise<APIMessage> {
    return this.#connection.post('messages', { sticker_ids: [stickerId] })
  }

  /** Sends a voice message: an audio file with its length in seconds and its waveform. */
  speak(
    file: LocalFile,
    { durationS, waveform }: { readonly durationS: number; readonly waveform: string },
  ): Promise<APIMessage> {
    const attachments = [{ id: 0, duration_secs: durationS, waveform }]
    return this.#connection.post('messages', { flags: MESSAGE_FLAG.voiceMessage, attachments }, [
      file,
    ])
  }

  /** Sends a picture. */
  upload(file: LocalFile, content = ''): Promise<APIMessage> {
    return this.say(content, file)
  }

  /** Replies to a message, by default with a ping; resolves with the reply. */
  reply(to: { readonly id: string }, content: string, ping = true): Promise<APIMessage> {
    return this.#connection.post('messages', {
      content,
      message_reference: { message_id: to.id },
      allowed_mentions: { parse: ['users', 'roles', 'everyone'], replied_user: ping },
    })
  }

  /** Forwards a message of this channel to another. */
  forward(message: { readonly id: string }, channel: string): Promise<APIMessage> {
    return this.#connection.post('forward', {
      message_id: message.id,
      to: this.#connection.channelOf(channel),
    })
  }

  /** Has a proxy bot such as PluralKit post a message again under another name, and delete it. */
  proxy(message: { readonly id: string }, name: string): Promise<APIMessage> {
    return this.#connection.post('proxy', { message_id: message.id, name })
  }

  /** Publishes a message of this announcement channel to a channel that follows it. */
  crosspost(message: { readonly id: string }, channel: string): Promise<APIMessage> {
    return this.#connection.post('crosspost', {
      message_id: message.id,
      to: this.#connection.channelOf(channel),
    })
  }

  /** Edits a message of the member. */
  edit(message: { readonly id: string }, content: string): Promise<APIMessage> {
    return this.#connection.post('edit', { message_id: message.id, content })
  }

  /** Deletes a message of the member, or any message as a moderator. */
  async delete(message: { readonly id: string }): Promise<void> {
    await this.#connection.post('delete', { message_id: message.id })
  }

  /** Adds or removes a reaction. */
  async react(message: { readonly id: string }, emoji: string, on = true): Promise<void> {
    await this.#connection.post('react', { message_id: message.id, emoji, on })
  }

  /** Sends a typing indicator. */
  async type(): Promise<void> {
    await this.#connection.post('typing', {})
  }

  /** Dismisses an ephemeral message. */
  async dismiss(message: { readonly id: string }): Promise<void> {
    await this.#connection.post('dismiss', { message_id: message.id })
  }

  /** Waits for the first finished message that replies to this one, and is no progress. */
  async answerTo(message: { readonly id: string }): Promise<APIMessage> {
    const event = await this.#connection.until(
      (t) =>
        this.#connection.isAnswer(t) && t.message?.message_reference?.message_id === message.id,
    )
    return event.message!
  }

  /**
   * Waits for the finished message that responds to an interaction, or that it edited. A message that
   * `isProgress` (MemberOptions) recognizes is not finished.
   *
   * @throws {Error} when the application did not respond.
   */
  async answer(interactionId: string): Promise<APIMessage> {
    const event = await this.#connection.until(
      (t) => isOutcome(t, interactionId, 'failed') || this.#connection.isAnswer(t, interactionId),
    )
    if (event.type === 'failed') {
      throw new Error('The application did not respond')
    }
    return event.message!
  }

  /** Waits for the result of an interaction: a modal, choices, an acknowledgment. */
  async outcome(
    interactionId: string,
    type: 'modal' | 'choices' | 'acknowledged',
  ): Promise<MemberEvent> {
    const event = await this.#connection.until(
      (t) => isOutcome(t, interactionId, type) || isOutcome(t, interactionId, 'failed'),
    )
    if (event.type === 'failed') {
      throw new Error('The application did not respond')
    }
    return event
  }

  /** Waits for the next update of a message that meets the condition, from now on. */
  async changed(
    message: { readonly id: string },
    wanted: (message: APIMessage) => boolean,
  ): Promise<APIMessage> {
    const event = await this.#connection.until(
      (t) => t.message?.id === message.id && wanted(t.message),
    )
    return event.message!
  }

  /** Waits for an event, including earlier ones. */
  until(wanted: (event: MemberEvent) => boolean, patienceMs?: number): Promise<MemberEvent> {
    return this.#connection.until(wanted, patienceMs)
  }

  /** Closes the connection. */
  close(): void {
    this.#connection.close()
  }
}
