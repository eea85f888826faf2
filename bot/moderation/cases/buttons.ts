/**
 * The buttons of a case: whoever presses must be staff as of that moment, and the first of two who
 * press at once decides. Members answer once by the button in their direct messages.
 */

import {
  type ButtonInteraction,
  ButtonStyle,
  ComponentType,
  MessageFlags,
  type ModalSubmitInteraction,
  PermissionFlagsBits,
  TextInputStyle,
  time,
} from 'discord.js'
import { plainMessage } from '../../../commands/answer-text.ts'
import { catalogueFor } from '../../../commands/i18n/catalogue.ts'
import { InputError } from '../../../config/errors.ts'
import { buttonId, linkTo, readButtonId } from './message.ts'
import { type Action, type Case, decided, ITSELF } from './case.ts'
import type { CaseWork } from './executor.ts'
import type { GuildModeration } from '../settings.ts'
import { demandManager, demandStaff } from '../staff.ts'

const MAX_ANSWER = 1000
const SHOWN_CASES = 10

type Parts = { readonly guilds: GuildModeration; readonly work: CaseWork }

export class CaseButtons {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Whether a button or form is one of a case. */
  owns(customId: string): boolean {
    return readButtonId(customId) !== null
  }

  async pressed(use: ButtonInteraction): Promise<void> {
    const id = readButtonId(use.customId)
    const found = id && (await this.#parts.work.of(id.guildId, id.id))
    if (!id || !found) {
      throw new InputError('case/unknown')
    }
    if (id.button === 'appeal') {
      return this.#openForm(use, found)
    }
    const { settings } = await this.#parts.guilds.of(found.guildId)
    if (use.guildId !== found.guildId) {
      throw new InputError('permission/staff')
    }
    demandStaff(use, settings)
    switch (id.button) {
      case 'history':
        return this.#history(use, found)
      case 'enforce':
        return this.#enforce(use)
      case 'form':
        throw new InputError('button/unknown')
      default:
        return this.#decide(use, found, id.button)
    }
  }

  /** The member answers, once. */
  async submitted(use: ModalSubmitInteraction): Promise<void> {
    const id = readButtonId(use.customId)
    const found = id && (await this.#parts.work.of(id.guildId, id.id))
    if (!id || !found || found.memberId !== use.user.id) {
      throw new InputError('case/unknown')
    }
    await use.deferReply()
    const said = use.fields.getTextInputValue('answer').slice(0, MAX_ANSWER)
    let taken = false
    await this.#parts.work.change(found.guildId, found.id, (old) => {
      taken = old !== undefined && old.appeal === null
      return old && taken ? { ...old, appeal: said } : old
    })
    if (!taken) {
      throw new InputError('case/appealed')
    }
    const { moderation } = catalogueFor(use.locale)
    await use.editReply(plainMessage(moderation.told.sent))
    await this.#parts.work.carryOut(found.guildId, found.id)
  }

  async #openForm(use: ButtonInteraction, found: Case): Promise<void> {
    if (found.memberId !== use.user.id) {
      throw new InputError('case/unknown')
    }
    if (found.appeal !== null) {
      throw new InputError('case/appealed')
    }
    const { told } = catalogueFor(use.locale).moderation
    await use.showModal({
      custom_id: buttonId(found, 'form'),
      title: told.form,
      components: [
        {
          type: ComponentType.Label,
          label: told.field,
          component: {
            type: ComponentType.TextInput,
            custom_id: 'answer',
            style: TextInputStyle.Paragraph,
            max_length: MAX_ANSWER,
            required: true,
          },
        },
      ],
    })
  }

  async #decide(use: ButtonInteraction, { guildId, id }: Case, action: Action): Promise<void> {
    const { work, guilds } = this.#parts
    // Acknowledged first: of two processes that hear the same click, Discord lets one go on.
    await use.deferUpdate()
    const { settings } = await guilds.of(guildId)
    const by = { action, by: use.user.id, now: Date.now() }
    let mine = false
    const now = await work.change(guildId, id, (old) => {
      const next = old && decided(old, by, settings)
      mine = next !== old
      return next
    })
    if (!mine) {
      await work.carryOut(guildId, id)
      const last = now?.events.findLast(({ by: who }) => who !== ITSELF)
      throw last ? new InputError('case/decided', { by: last.by }) : new InputError('case/not-now')
    }
    await work.carryOut(guildId, id)
    const manages = use.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ?? false
    if (action === 'confirm' && settings.mode === 'log' && manages) {
      await this.#offerToEnforce(use, { guildId, id })
    }
  }

  /** Confirming changes nothing for the next wave while the mode only logs; a person may choose more. */
  async #offerToEnforce(use: ButtonInteraction, of: Pick<Case, 'guildId' | 'id'>): Promise<void> {
    const { enforce, buttons } = catalogueFor(use.locale).moderation
    await use.followUp({
      ...plainMessage(enforce.offer),
      flags: MessageFlags.Ephemeral,
      components: [
        {
          type: ComponentType.ActionRow,
          components: [
            {
              type: ComponentType.Button,
              style: ButtonStyle.Primary,
              label: buttons.enforce,
              customId: buttonId(of, 'enforce'),
            },
          ],
        },
      ],
    })
  }

  async #enforce(use: ButtonInteraction): Promise<void> {
    demandManager(use)
    await this.#parts.guilds.change(use.guildId ?? '', (old) => ({ ...old, mode: 'act' }))
    const { enforce } = catalogueFor(use.locale).moderation
    await use.update({ ...plainMessage(enforce.done), components: [] })
  }

  async #history(use: ButtonInteraction, found: Case): Promise<void> {
    await use.deferReply({ flags: MessageFlags.Ephemeral })
    const { history, case: words, buttons } = catalogueFor(use.locale).moderation
    const all: Case[] = []
    for await (const [, one] of this.#parts.work.cases.entries(`${found.guildId}/`)) {
      if (one.memberId === found.memberId) {
        all.push(one)
      }
    }
    const lines = all
      .toSorted((a, b) => b.createdAt - a.createdAt)
      .slice(0, SHOWN_CASES)
      .map(({ guildId, id, log, createdAt, state }) =>
        history.line(log ? linkTo(guildId, log) : id, when(createdAt), words.states[state]),
      )
    const events = found.events.flatMap(({ at, by, what }) =>
      what === 'appeal' ? [] : [`- ${words.by(buttons[what], `<@${by}>`, when(at))}`],
    )
    const title = history.title(`<@${found.memberId}>`, all.length)
    const shown = [title, ...lines, ...(events.length > 0 ? [history.events, ...events] : [])]
    await use.editReply(plainMessage(shown.join('\n')))
  }
}

function when(at: number): string {
  return time(Math.floor(at / 1000), 'R')
}
