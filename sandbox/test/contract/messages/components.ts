/** Message components in action rows. `components-v2.ts` has Components V2. */

import assert from 'node:assert/strict'
import { ButtonStyle, ComponentType, Routes } from 'discord.js'
import type { APIMessage, MessageFlags } from 'discord.js'
import { typed } from '../../helpers/discord-client.ts'
import { refused } from '../contract.ts'
import type { Contract } from '../contract.ts'
import type { Stage } from '../stage.ts'

/** Cases of rows with buttons and selects. */
export function componentCases(contract: Contract): void {
  rowCases(contract)
  selectCases(contract)
}

/** Sends a message. */
export function send({ rest, general }: Stage, body: object): Promise<APIMessage> {
  return typed(rest.post(Routes.channelMessages(general.id), { body }))
}

/** A button. */
export function button(details: object = {}): object {
  return {
    type: ComponentType.Button,
    style: ButtonStyle.Primary,
    label: 'Press',
    custom_id: 'press',
    ...details,
  }
}

function row(...components: readonly object[]): object {
  return { type: ComponentType.ActionRow, components }
}

/** Expects the API to refuse such components, complaining about the field. */
export async function refusedComponents(
  stage: Stage,
  components: readonly object[],
  field: string,
  flags?: MessageFlags,
) {
  const body = flags ? { components, flags } : { content: 'x', components }
  await refused(stage, { status: 400, code: 50035, field }, () => send(stage, body))
}

function rowCases(contract: Contract): void {
  contract('keeps buttons', 'components/reference#button', async (stage) => {
    const link = {
      style: ButtonStyle.Link,
      label: 'Go',
      url: 'https://example.com/',
      custom_id: undefined,
    }
    const message = await send(stage, { content: 'x', components: [row(button(), button(link))] })
    const [kept] = message.components ?? []
    assert.ok(kept?.type === ComponentType.ActionRow)
    assert.deepEqual(
      kept.components.map(({ type }) => type),
      [ComponentType.Button, ComponentType.Button],
    )
    assert.equal('custom_id' in kept.components[0]! && kept.components[0].custom_id, 'press')
  })

  contract(
    'takes five rows of old',
    'components/reference#legacy-message-component-behavior',
    async (stage) => {
      const rows = Array.from({ length: 6 }, (_, i) => row(button({ custom_id: String(i) })))
      assert.equal(
        (await send(stage, { content: 'x', components: rows.slice(1) })).components?.length,
        5,
      )
      await refusedComponents(stage, rows, 'components')
    },
  )

  contract('takes five buttons in a row', 'components/reference#action-row', async (stage) => {
    const buttons = Array.from({ length: 6 }, (_, i) => button({ custom_id: String(i) }))
    await refusedComponents(stage, [row(...buttons)], 'components.0.components')
  })

  contract(
    'refuses the same custom_id twice',
    'components/reference#anatomy-of-a-component-custom-id',
    async (stage) => {
      await refusedComponents(
        stage,
        [row(button(), button())],
        'components.0.components.1.custom_id',
      )
    },
  )

  contract(
    'takes a custom_id of 100 characters',
    'components/reference#anatomy-of-a-component-custom-id',
    async (stage) => {
      const field = 'components.0.components.0.custom_id'
      await send(stage, { content: 'x', components: [row(button({ custom_id: 'x'.repeat(100) }))] })
      await refusedComponents(stage, [row(button({ custom_id: 'x'.repeat(101) }))], field)
      await refusedComponents(stage, [row(button({ custom_id: undefined }))], field)
    },
  )

  contract(
    'takes a label of 80 characters',
    'components/reference#button-button-structure',
    async (stage) => {
      const field = 'components.0.components.0.label'
      await refusedComponents(stage, [row(button({ label: 'x'.repeat(81) }))], field)
    },
  )

  contract(
    'wants a link of link buttons',
    'components/reference#button-button-structure',
    async (stage) => {
      const link = { style: ButtonStyle.Link, custom_id: undefined }
      await refusedComponents(stage, [row(button(link))], 'components.0.components.0.url')
    },
  )
}

function select(details: object = {}): object {
  const options = [
    { label: 'A', value: 'a' },
    { label: 'B', value: 'b' },
  ]
  return { type: ComponentType.StringSelect, custom_id: 'choose', options, ...details }
}

function selectCases(contract: Contract): void {
  contract('keeps a select', 'components/reference#string-select', async (stage) => {
    const message = await send(stage, {
      content: 'x',
      components: [row(select({ max_values: 2 }))],
    })
    const [kept] = message.components ?? []
    assert.ok(kept?.type === ComponentType.ActionRow)
    const [given] = kept.components
    assert.ok(given?.type === ComponentType.StringSelect)
    assert.deepEqual([given.max_values, given.options.map(({ value }) => value)], [2, ['a', 'b']])
  })

  contract(
    'takes 25 options',
    'components/reference#string-select-string-select-structure',
    async (stage) => {
      const options = Array.from({ length: 26 }, (_, i) => ({ label: `${i}`, value: `${i}` }))
      await refusedComponents(
        stage,
        [row(select({ options }))],
        'components.0.components.0.options',
      )
    },
  )

  contract(
    'refuses two options of one value',
    'components/reference#string-select-select-option-structure',
    async (stage) => {
      const options = [
        { label: 'A', value: 'a' },
        { label: 'B', value: 'a' },
      ]
      const field = 'components.0.components.0.options.1'
      await refusedComponents(stage, [row(select({ options }))], field)
    },
  )

  contract('has a select fill its row', 'components/reference#action-row', async (stage) => {
    const body = { content: 'x', components: [row(select(), button())] }
    await refused(stage, { status: 400, code: 50035 }, () => send(stage, body))
  })
}
