/**
 * The buttons of a case. Only current staff can press them, and of two people who press at once, the
 * first decides. Members can appeal once, by the button in their direct message.
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
import { catalogFor } from '../../../commands/i18n/catalog.ts'
import { InputError } from '../../../config/errors.ts'
import { caseCustomId, readCaseCustomId } from '../../discord/custom-id.ts'
import type { Deletions } from '../../memory/deletions.ts'
import { caseName, linkTo } from './message.ts'
import type { CommandJobs } from '../../requests/command-jobs.ts'
import type { ModerationActions } from './discord-actions.ts'
import { decided, withAppeal } from './case.ts'
import { type Action, type Case, ITSELF } from './case-record.ts'
import type { CaseExecutor } from './executor.ts'
import type { GuildModeration } from '../settings.ts'
import { ruleNames } from '../hashes/reasons.ts'
import { demandManager, demandStaff } from '../staff.ts'

const MAX_ANSWER = 1000
const SHOWN_CASES = 10

type Deps = {
  readonly guilds: GuildModeration
  readonly executor: CaseExecutor
  readonly actions: ModerationActions
  readonly deletions: Deletions
  readonly deferred: CommandJobs['run']
}

export class CaseButtons {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Whether a button or form belongs to a case. */
  owns(customId: string): boolean {
    return readCaseCustomId(customId) !== null
  }

  async pressed(interaction: ButtonInteraction): Promise<void> {
    const id = readCaseCustomId(interaction.customId)
    const record = id && (await this.#deps.executor.records.of(id.guildId, id.id))
    if (!id || !record) {
      throw new InputError('case/unknown')
    }
    if (id.action === 'appeal') {
      return this.#openForm(interaction, record)
    }
    const { settings } = await this.#deps.guilds.of(record.guildId)
    if (interaction.guildId !== record.guildId) {
      throw new InputError('permission/staff')
    }
    demandStaff(interaction, settings)
    switch (id.action) {
      case 'history':
        return this.#deps.deferred(
          interaction,
          { defer: () => interaction.deferReply({ flags: MessageFlags.Ephemeral }) },
          () => this.#history(interaction, record),
        )
      case 'enforce':
        return this.#finish(interaction, () => this.#enforce(interaction, record))
      case 'form':
        throw new InputError('button/unknown')
      default: {
        const { action } = id
        return this.#finish(interaction, () => this.#decide(interaction, record, action))
      }
    }
  }

  /** Does it to the end before what it writes is deleted with the server or the person. */
  #finish({ id, guildId, user }: ButtonInteraction, work: () => Promise<void>): Promise<void> {
    const subjects = [`guild/${guildId}`, `user/${user.id}`] as const
    return this.#deps.deletions.finish({ startedBy: id, subjects }, work)
  }

  /** The appeal of the member, accepted once. */
  async submitted(interaction: ModalSubmitInteraction): Promise<void> {
    const id = readCaseCustomId(interaction.customId)
    const record = id && (await this.#deps.executor.records.of(id.guildId, id.id))
    if (!id || !record || record.memberId !== interaction.user.id) {
      throw new InputError('case/unknown')
    }
    const defer = () => interaction.deferReply()
    await this.#deps.deferred(interaction, { defer }, () => this.#appeal(interaction, record))
  }

  async #appeal(interaction: ModalSubmitInteraction, record: Case): Promise<void> {
    const appeal = interaction.fields.getTextInputValue('answer').slice(0, MAX_ANSWER)
    let isFirst = false
    await this.#deps.executor.change(record.guildId, record.id, (old) => {
      const next = old && withAppeal(old, appeal, Date.now())
      isFirst = next !== old
      return next
    })
    if (!isFirst) {
      throw new InputError('case/appealed')
    }
    const { moderation } = catalogFor(interaction.locale)
    await interaction.editReply(plainMessage(moderation.told.sent))
    await this.#deps.executor.carryOut(record.guildId, record.id)
  }

  async #openForm(interaction: ButtonInteraction, record: Case): Promise<void> {
    if (record.memberId !== interaction.user.id) {
      throw new InputError('case/unknown')
    }
    if (record.appeal !== null) {
      throw new InputError('case/appealed')
    }
    const { told } = catalogFor(interaction.locale).moderation
    await interaction.showModal({
      custom_id: caseCustomId(record, 'form'),
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

  async #decide(
    interaction: ButtonInteraction,
    { guildId, id }: Case,
    action: Action,
  ): Promise<void> {
    const { executor, guilds } = this.#deps
    // Acknowledged first: where two processes receive the same click, Discord accepts one acknowledgement.
    await interaction.deferUpdate()
    const { settings } = await guilds.of(guildId)
    const decision = { action, by: interaction.user.id, now: Date.now() }
    let isChanged = false
    const now = await executor.change(guildId, id, (old) => {
      const next = old && decided(old, decision, settings)
      isChanged = next !== old
      return next
    })
    if (!isChanged) {
      await executor.carryOut(guildId, id)
      const last = now?.events.findLast(({ by: who }) => who !== ITSELF)
      throw last ? new InputError('case/decided', { by: last.by }) : new InputError('case/not-now')
    }
    await executor.carryOut(guildId, id)
    const manages = interaction.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ?? false
    const isListed = now !== undefined && ruleNames(now).length === 0
    if (action === 'confirm' && isListed && settings.mode === 'log' && manages) {
      await this.#offerToEnforce(interaction, { guildId, id })
    }
  }

  /** In the mode `log`, confirming does not affect later copies; a manager may switch to `act` here. */
  async #offerToEnforce(
    interaction: ButtonInteraction,
    of: Pick<Case, 'guildId' | 'id'>,
  ): Promise<void> {
    const { enforce, buttons } = catalogFor(interaction.locale).moderation
    await interaction.followUp({
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
              customId: caseCustomId(of, 'enforce'),
            },
          ],
        },
      ],
    })
  }

  /** Switches to `act`; all staff are told where the case is. */
  async #enforce(interaction: ButtonInteraction, record: Case): Promise<void> {
    demandManager(interaction)
    const { guilds, actions } = this.#deps
    await guilds.change(record.guildId, (old) => ({ ...old, mode: 'act' }))
    const { enforce } = catalogFor(interaction.locale).moderation
    await interaction.update({ ...plainMessage(enforce.done), components: [] })
    if (record.log !== null) {
      const { enforce: words } = catalogFor(record.locale).moderation
      await actions.reply(record.log, words.told(`<@${interaction.user.id}>`), `m${interaction.id}`)
    }
  }

  async #history(interaction: ButtonInteraction, record: Case): Promise<void> {
    const { history, case: words, buttons } = catalogFor(interaction.locale).moderation
    const records = await this.#deps.executor.records.ofMember(record.guildId, record.memberId)
    const lines = records
      .toSorted((a, b) => b.createdAt - a.createdAt)
      .slice(0, SHOWN_CASES)
      .map(
        ({ guildId, id, number, log, createdAt, state }) =>
          `- ${history.line(words.title(caseName({ number, id })), log ? linkTo(guildId, log) : '', when(createdAt), words.states[state])}`,
      )
    const events = record.events.flatMap(({ at, by, what }) =>
      what === 'appeal'
        ? []
        : [`- ${words.by(buttons[what], by === ITSELF ? words.itself : `<@${by}>`)} (${when(at)})`],
    )
    const title = history.title(`<@${record.memberId}>`, records.length)
    const content = [title, ...lines, ...(events.length > 0 ? [history.events, ...events] : [])]
    await interaction.editReply(plainMessage(content.join('\n')))
  }
}

function when(at: number): string {
  return time(Math.floor(at / 1000), 'R')
}
