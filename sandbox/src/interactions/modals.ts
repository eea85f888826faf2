/** Submits a modal that a member filled in. Source: developers/components/reference.mdx. */

import type { Upload } from '../protocol/body.ts'
import { Checks, isJson, lengthOf } from '../protocol/field-checks.ts'
import type { Json } from '../protocol/field-checks.ts'
import { COMPONENT, SELECTS } from '../messages/components/component-kinds.ts'
import { INTERACTION_TYPE } from '../protocol/constants.ts'
import { refuse } from '../protocol/errors.ts'
import type { Interaction } from './types.ts'
import { checkValues, storeEphemeral } from './use.ts'
import type { MemberContext } from './use.ts'
import { hasFileType } from './file-types.ts'
import { Resolved } from './resolved.ts'

/** The value of one field: a text, selected values, a checkbox state, or files. */
export type FieldValue =
  | string
  | boolean
  | readonly string[]
  | { readonly files: readonly Upload[] }

/** The values by custom id. */
export type Fields = Readonly<Record<string, FieldValue>>

type Filling = {
  readonly actor: MemberContext
  readonly resolved: Resolved
  readonly checks: Checks
}

/**
 * Submits a modal; it can be submitted again if the application did not respond.
 *
 * @param id of the interaction that opened it.
 * @throws {ApiError} 10062 for an unknown modal, 50035 with `values.CUSTOM_ID`.
 */
export async function submitModal(
  actor: MemberContext,
  id: string,
  fields: Fields,
): Promise<Interaction> {
  const { world, interactions, userId, channel, locale } = actor
  const opener = interactions.withModal(id, userId)
  if (!opener?.modal) {
    throw refuse('unknownInteraction')
  }
  const resolved = new Resolved(world, channel)
  const filling = { actor, resolved, checks: new Checks('values') }
  const components: Json[] = []
  for (const component of opener.modal.components) {
    components.push(await fill(filling, component, fields))
  }
  filling.checks.done()
  return interactions.create({
    type: INTERACTION_TYPE.modal,
    userId,
    channel,
    locale,
    owners: opener.owners,
    opener,
    ...(opener.source ? { source: opener.source } : {}),
    data: { custom_id: opener.modal.customId, components, ...resolved.toJson() },
  })
}

async function fill(filling: Filling, component: Json, fields: Fields): Promise<Json> {
  const { type, id, components, component: labelled } = component
  if (type === COMPONENT.actionRow) {
    const inner = Array.isArray(components) ? components.filter(isJson) : []
    return { type, id, components: await Promise.all(inner.map((c) => fill(filling, c, fields))) }
  }
  if (type === COMPONENT.label && isJson(labelled)) {
    return { type, id, component: await fill(filling, labelled, fields) }
  }
  if (type === COMPONENT.textDisplay) {
    return { type, id }
  }
  const customId = String(component['custom_id'])
  return { type, id, custom_id: customId, ...(await answer(filling, component, fields[customId])) }
}

async function answer(filling: Filling, field: Json, value: FieldValue | undefined): Promise<Json> {
  const type = Number(field['type'])
  if (type === COMPONENT.textInput) {
    return { value: text(filling, field, value) }
  }
  if (type === COMPONENT.checkbox) {
    return { value: value === true }
  }
  if (type === COMPONENT.fileUpload) {
    return { values: await files(filling, field, value) }
  }
  const values = typeof value === 'string' ? [value] : Array.isArray(value) ? value : []
  choose(filling, field, values)
  return type === COMPONENT.radioGroup ? { value: values[0] ?? null } : { values }
}

function text({ checks }: Filling, field: Json, value: FieldValue | undefined): string {
  const customId = String(field['custom_id'])
  const text = typeof value === 'string' ? value : ''
  const length = lengthOf(text)
  if (length === 0) {
    if (field['required'] !== false) {
      checks.missing(customId)
    }
    return text
  }
  const { min_length: min = 0, max_length: max = 4000 } = field
  if (length < Number(min) || length > Number(max)) {
    const sentence = `Must be between ${Number(min)} and ${Number(max)} in length.`
    checks.fail(customId, 'BASE_TYPE_BAD_LENGTH', sentence)
  }
  return text
}

function choose({ actor, resolved, checks }: Filling, field: Json, values: readonly string[]) {
  const customId = String(field['custom_id'])
  if (values.length === 0) {
    if (field['required'] !== false) {
      checks.missing(customId)
    }
    return
  }
  // Selects and groups are checked alike: an option's value, or an id.
  const kind = SELECTS.includes(Number(field['type'])) ? field['type'] : COMPONENT.stringSelect
  checkValues(
    { actor, component: { ...field, type: kind }, resolved },
    values,
    `values.${customId}`,
  )
}

async function files(
  { actor, resolved, checks }: Filling,
  field: Json,
  value: FieldValue | undefined,
): Promise<readonly string[]> {
  const customId = String(field['custom_id'])
  const files = typeof value === 'object' && 'files' in value ? value.files : []
  if (files.length === 0) {
    if (field['required'] !== false) {
      checks.missing(customId)
    }
    return []
  }
  const min = Number(field['min_values'] ?? 1)
  const max = Number(field['max_values'] ?? 1)
  if (files.length < min || files.length > max) {
    checks.fail(customId, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`)
  }
  if (!files.every(({ name }) => hasFileType(name, field['file_types']))) {
    checks.fail(customId, 'SANDBOX_FILE_TYPE', 'This field does not take files of that type.')
  }
  const stored = await Promise.all(files.map((upload) => storeEphemeral(actor.world, upload)))
  for (const file of stored) {
    resolved.file(file)
  }
  return stored.map(({ id }) => id)
}
