/** What the page's test bot sends: components, a modal, an embed, a layout. */

import { ButtonStyle, ComponentType, MessageFlags, TextInputStyle } from 'discord.js'
import type {
  APIActionRowComponent,
  APIComponentInMessageActionRow,
  APIEmbed,
  APIModalInteractionResponseCallbackData,
} from 'discord.js'

const KINDS = [
  { label: 'First kind', value: 'one', description: 'The first of them' },
  { label: 'Second kind', value: 'two' },
]

/** A message with buttons and selects of every kind. */
export const PARTS: {
  content: string
  components: APIActionRowComponent<APIComponentInMessageActionRow>[]
} = {
  content: 'Press or choose',
  components: [
    {
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.Button,
          style: ButtonStyle.Primary,
          label: 'Press me',
          custom_id: 'press',
        },
        {
          type: ComponentType.Button,
          style: ButtonStyle.Secondary,
          label: 'Ask…',
          custom_id: 'ask',
        },
        {
          type: ComponentType.Button,
          style: ButtonStyle.Danger,
          label: 'Ignored',
          custom_id: 'ignore',
        },
        {
          type: ComponentType.Button,
          style: ButtonStyle.Success,
          label: 'Off',
          custom_id: 'off',
          disabled: true,
        },
      ],
    },
    row({
      type: ComponentType.StringSelect,
      custom_id: 'kinds',
      options: KINDS,
      max_values: 2,
      placeholder: 'Kinds',
    }),
    row({ type: ComponentType.UserSelect, custom_id: 'people', placeholder: 'People' }),
    row({ type: ComponentType.RoleSelect, custom_id: 'roles', placeholder: 'Roles' }),
    row({ type: ComponentType.ChannelSelect, custom_id: 'places', placeholder: 'Places' }),
  ],
}

function row(component: APIComponentInMessageActionRow) {
  return { type: ComponentType.ActionRow as const, components: [component] }
}

/** A modal with a text, a select and a file. */
export const FORM: APIModalInteractionResponseCallbackData = {
  custom_id: 'form',
  title: 'Ask about it',
  components: [
    {
      type: ComponentType.Label,
      label: 'Your question',
      description: 'In one sentence',
      component: {
        type: ComponentType.TextInput,
        custom_id: 'question',
        style: TextInputStyle.Paragraph,
        required: true,
      },
    },
    {
      type: ComponentType.Label,
      label: 'What kind',
      component: { type: ComponentType.StringSelect, custom_id: 'kind', options: KINDS },
    },
    {
      type: ComponentType.Label,
      label: 'A picture',
      component: {
        type: ComponentType.FileUpload,
        custom_id: 'picture',
        required: false,
        min_values: 0,
        max_values: 2,
      },
    },
  ],
}

/** An embed with every part of one. */
export const EMBED: APIEmbed = {
  title: 'A title',
  url: 'https://example.com/title',
  description: 'With **bold** text',
  color: 0x3b_5b_db,
  author: { name: 'An author' },
  footer: { text: 'A footer' },
  fields: [
    { name: 'Left', value: 'one', inline: true },
    { name: 'Right', value: 'two', inline: true },
  ],
  image: { url: 'https://example.com/elsewhere.png' },
}

/** Components V2 of every kind but those that carry files. */
export const LAYOUT = {
  flags: MessageFlags.IsComponentsV2,
  components: [
    { type: 10, content: '## A heading' },
    {
      type: 17,
      accent_color: 0xd9_48_0f,
      components: [
        {
          type: 9,
          components: [{ type: 10, content: 'In a **section**' }],
          accessory: { type: 2, style: 2, label: 'Beside', custom_id: 'beside' },
        },
        { type: 14, divider: true, spacing: 2 },
        { type: 10, content: '-# small print' },
      ],
    },
  ],
}
