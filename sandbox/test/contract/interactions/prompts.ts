/** Modals, and autocomplete. */

import assert from 'node:assert/strict'
import {
  ApplicationCommandOptionType as Option,
  ComponentType,
  ModalBuilder,
  TextInputStyle,
} from 'discord.js'
import type { AutocompleteInteraction } from 'discord.js'
import type { Contract } from '../contract.ts'
import { interact, use } from './interactions.ts'
import { PNG } from '../../helpers/pictures.ts'
import type { Stage } from '../stage.ts'

/** Cases of modals and autocomplete. */
export function promptCases(contract: Contract): void {
  modalCases(contract)
  autocompleteCases(contract)
}

/** Whether a person is told this of the interaction. */
function isTold(
  told: { readonly type: string; readonly id?: string },
  type: string,
  id: string,
): boolean {
  return told.type === type && told.id === id
}

function modal() {
  return new ModalBuilder({
    custom_id: 'ask',
    title: 'Ask',
    components: [
      {
        type: ComponentType.Label,
        label: 'Question',
        component: {
          type: ComponentType.TextInput,
          custom_id: 'question',
          style: TextInputStyle.Short,
          required: true,
        },
      },
      {
        type: ComponentType.Label,
        label: 'Picture',
        component: { type: ComponentType.FileUpload, custom_id: 'picture', required: false },
      },
    ],
  })
}

function modalCases(contract: Contract): void {
  contract(
    'opens a modal and hears what was filled in',
    'components/reference#text-input-text-input-interaction-response-structure',
    async (stage) => {
      const command = await use(stage)
      await command.showModal(modal())
      const opened = await stage.ada.until((told) => isTold(told, 'modal', command.id))
      assert.equal(opened.id, command.id)
      const body = { id: command.id, values: { question: 'why?', picture: { files: [0] } } }
      const interaction = await interact(stage, 'modals', body, { files: [PNG] })
      assert.ok(interaction.isModalSubmit())
      assert.equal(interaction.customId, 'ask')
      assert.equal(interaction.fields.getTextInputValue('question'), 'why?')
      const file = interaction.fields.getUploadedFiles('picture')?.first()
      assert.equal(file?.size, PNG.length)
      await interaction.reply('because')
    },
  )
}

async function typing(stage: Stage, animal: string): Promise<AutocompleteInteraction> {
  const body = { name: 'use', options: { text: 'so far', animal }, focused: 'animal' }
  const interaction = await interact(stage, 'autocomplete', body)
  assert.ok(interaction.isAutocomplete())
  return interaction
}

function autocompleteCases(contract: Contract): void {
  const source = 'interactions/application-commands#autocomplete'

  contract('asks for suggestions', source, async (stage) => {
    const interaction = await typing(stage, 'ca')
    assert.deepEqual(interaction.options.getFocused(true), {
      name: 'animal',
      type: Option.String,
      value: 'ca',
      focused: true,
    })
    assert.equal(interaction.options.getString('text'), 'so far')
    await interaction.respond([{ name: 'Cat', value: 'cat' }])
    await stage.ada.until((told) => isTold(told, 'choices', interaction.id))
  })

  contract(
    'takes 25 suggestions',
    'interactions/receiving-and-responding#interaction-response-object-autocomplete',
    async (stage) => {
      const interaction = await typing(stage, 'many')
      const choices = Array.from({ length: 26 }, (_, i) => ({ name: `${i}`, value: `${i}` }))
      const answer = () => interaction.respond(choices)
      await assert.rejects(stage.sandbox.wrongly(answer), { status: 400, code: 50035 })
    },
  )
}
