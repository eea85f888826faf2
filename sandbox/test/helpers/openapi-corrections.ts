/**
 * Where the official OpenAPI description contradicts Discord's documentation: what is changed
 * before anything is validated with it, and why. Its own README says to follow the documentation.
 *
 * Pages are those of github.com/discord/discord-api-docs, `developers/`, commit c98d64b.
 */

import assert from 'node:assert/strict'

/** A part of the description that is replaced. */
export type Correction = {
  /** Keys from the root of the description. */
  readonly at: readonly (string | number)[]
  /** What stands there now; if it no longer does, the correction is out of date. */
  readonly was: unknown
  readonly becomes: unknown
  readonly why: string
  /** Page and anchor. */
  readonly source: string
}

const CREATED = 'CreateMessageInteractionCallbackResponse'

const PUT_OVERWRITE = ['paths', '/channels/{channel_id}/permissions/{overwrite_id}', 'put']
const JSON_SCHEMA = ['requestBody', 'content', 'application/json', 'schema']

/** Where a request carries a set of permissions. */
const PERMISSION_FIELDS: readonly (readonly string[])[] = [
  ['components', 'schemas', 'CreateRoleRequest', 'properties', 'permissions'],
  ['components', 'schemas', 'UpdateRoleRequestPartial', 'properties', 'permissions'],
  ['components', 'schemas', 'ChannelPermissionOverwriteRequest', 'properties', 'allow'],
  ['components', 'schemas', 'ChannelPermissionOverwriteRequest', 'properties', 'deny'],
  [...PUT_OVERWRITE, ...JSON_SCHEMA, 'properties', 'allow'],
  [...PUT_OVERWRITE, ...JSON_SCHEMA, 'properties', 'deny'],
]

const COMMAND_REQUESTS = [
  'ApplicationCommandCreateRequest',
  'ApplicationCommandPatchRequestPartial',
  'ApplicationCommandUpdateRequest',
] as const

/** All of them. */
export const CORRECTIONS: readonly Correction[] = [
  ...COMMAND_REQUESTS.map((name) => ({
    at: ['components', 'schemas', name, 'properties', 'default_member_permissions', 'type'],
    was: ['integer', 'null'],
    becomes: ['string', 'integer', 'null'],
    why: 'A set of permissions is written as text; discord.js sends it so.',
    source:
      'interactions/application-commands#application-command-object-application-command-structure',
  })),
  ...PERMISSION_FIELDS.map((at) => ({
    at,
    was: { type: ['integer', 'null'] },
    becomes: { type: ['string', 'integer', 'null'], pattern: '^\\d+$' },
    why: 'A set of permissions is written as text, since it does not fit a number.',
    source: 'topics/permissions#permissions',
  })),
  {
    at: ['components', 'schemas', 'InnerErrors', 'properties', '_errors', 'items'],
    was: { $ref: '#/components/schemas/Error' },
    becomes: {
      type: 'object',
      properties: { code: { type: 'string' }, message: { type: 'string' } },
      required: ['code', 'message'],
    },
    why: 'The code of a field’s error is a word, such as BASE_TYPE_CHOICES, not a number.',
    source: 'reference#error-messages',
  },
  {
    at: ['components', 'schemas', 'MessageAttachmentRequest', 'properties', 'id'],
    was: { $ref: '#/components/schemas/SnowflakeType' },
    becomes: { type: ['string', 'integer'], pattern: '^\\d+$', minimum: 0 },
    why: 'The id of a new attachment is the number of its file, written as a number.',
    source: 'reference#uploading-files',
  },
  {
    at: ['components', 'schemas', 'RatelimitedResponse', 'allOf', 0],
    was: { $ref: '#/components/schemas/Error' },
    becomes: {
      type: 'object',
      properties: { code: { type: 'integer' }, message: { type: 'string' } },
      required: ['message'],
    },
    why: 'Only some rate limits have an error code.',
    source: 'topics/rate-limits#exceeding-a-rate-limit-rate-limit-response-structure',
  },
  {
    at: ['components', 'schemas', 'MessageReferenceType', 'oneOf'],
    was: [{ title: 'DEFAULT', description: 'Reference to a message', const: 0 }],
    becomes: [{ const: 0 }, { const: 1 }],
    why: 'A message may forward another, too.',
    source: 'resources/message#message-reference-types',
  },
  {
    at: ['components', 'schemas', 'ChannelTypes', 'oneOf', 11],
    was: {
      title: 'GUILD_FORUM',
      description: 'Channel that can only contain threads',
      const: 15,
    },
    becomes: { enum: [15, 16] },
    why: 'There are media channels, too.',
    source: 'resources/channel#channel-object-channel-types',
  },
  {
    at: ['components', 'schemas', CREATED, 'properties', 'type', 'enum'],
    was: [4],
    becomes: [4, 5],
    why: 'A deferred answer that was asked for with_response comes with its waiting message.',
    source: 'discord.js 14, ChatInputCommandInteraction#deferReply, which hands out that message',
  },
]

/** Corrects the description in place. */
export function correct(document: object): void {
  for (const { at, was, becomes, why } of CORRECTIONS) {
    const holder = at.slice(0, -1).reduce<object>(child, document)
    const key = String(at.at(-1))
    assert.deepEqual(Reflect.get(holder, key), was, `Out of date: "${why}"`)
    Reflect.set(holder, key, becomes)
  }
}

function child(value: object, key: string | number): object {
  const found: unknown = Reflect.get(value, String(key))
  assert.ok(typeof found === 'object' && found !== null, `The description has no "${key}" there`)
  return found
}
