/** The parts of Discord's objects that the page reads; `../src/members-api/api.ts` documents the events. */

export type User = {
  readonly id: string
  readonly username: string
  readonly global_name: string | null
  readonly bot?: boolean
}

export type Role = {
  readonly id: string
  readonly name: string
  readonly color?: number
  readonly position?: number
}

export type Member = {
  readonly user: User
  readonly nick: string | null
  readonly roles: readonly string[]
  readonly communication_disabled_until: string | null
}

export type Channel = {
  readonly id: string
  readonly type: number
  readonly name?: string
  readonly topic?: string | null
  readonly nsfw?: boolean
  readonly position?: number
  readonly guild_id?: string
  /** The parent channel of a thread. */
  readonly parent_id?: string | null
  readonly recipients?: readonly User[]
  /** This member's permissions in the channel, as a decimal string. */
  readonly permissions?: string
  readonly thread_metadata?: { readonly archived: boolean; readonly locked: boolean }
  readonly permission_overwrites?: readonly {
    readonly id: string
    readonly deny: string
  }[]
}

export type Attachment = {
  readonly id: string
  readonly filename: string
  readonly size: number
  readonly url: string
  readonly content_type?: string | null
  readonly description?: string | null
  readonly width?: number | null
  readonly height?: number | null
  readonly flags?: number
}

export type Media = {
  readonly url: string
  readonly proxy_url?: string
  readonly width?: number | null
  readonly height?: number | null
  readonly content_type?: string | null
}

export type StickerItem = {
  readonly id: string
  readonly name: string
  readonly format_type: number
}

export type Embed = {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly url?: string
  readonly timestamp?: string
  readonly color?: number
  readonly author?: { readonly name: string; readonly url?: string }
  readonly footer?: { readonly text: string }
  readonly image?: Media
  readonly thumbnail?: Media
  readonly fields?: readonly {
    readonly name: string
    readonly value: string
    readonly inline?: boolean
  }[]
}

export type SelectOption = {
  readonly label: string
  readonly value: string
  readonly description?: string
  readonly default?: boolean
}

/** Any component of a message or modal; `type` determines which fields are present. */
export type Component = {
  readonly type: number
  readonly id?: number
  readonly custom_id?: string
  readonly components?: readonly Component[]
  readonly component?: Component
  readonly accessory?: Component
  readonly label?: string
  readonly description?: string | null
  readonly style?: number
  readonly url?: string
  readonly emoji?: { readonly name?: string | null }
  readonly disabled?: boolean
  readonly options?: readonly SelectOption[]
  readonly default_values?: readonly { readonly id: string; readonly type: string }[]
  readonly channel_types?: readonly number[]
  readonly placeholder?: string
  readonly min_values?: number
  readonly max_values?: number
  readonly min_length?: number
  readonly max_length?: number
  readonly required?: boolean
  readonly value?: string
  readonly default?: boolean
  readonly content?: string
  readonly accent_color?: number | null
  readonly spoiler?: boolean
  readonly divider?: boolean
  readonly spacing?: number
  readonly media?: Media
  readonly file?: Media
  readonly file_types?: readonly string[]
  readonly name?: string
  readonly size?: number
  readonly items?: readonly {
    readonly media: Media
    readonly description?: string | null
    readonly spoiler?: boolean
  }[]
}

export type Snapshot = {
  readonly content?: string
  readonly attachments?: readonly Attachment[]
  readonly embeds?: readonly Embed[]
  readonly components?: readonly Component[]
  readonly sticker_items?: readonly StickerItem[]
}

export type Message = {
  readonly id: string
  readonly type: number
  readonly channel_id: string
  readonly guild_id?: string
  readonly author: User
  readonly content: string
  readonly timestamp: string
  readonly edited_timestamp: string | null
  readonly flags?: number
  readonly mentions?: readonly User[]
  readonly mention_roles?: readonly string[]
  readonly mention_everyone?: boolean
  readonly attachments: readonly Attachment[]
  readonly embeds: readonly Embed[]
  readonly components?: readonly Component[]
  readonly reactions?: readonly {
    readonly count: number
    readonly me: boolean
    readonly emoji: { readonly name: string | null }
  }[]
  readonly sticker_items?: readonly StickerItem[]
  readonly message_reference?: {
    readonly type?: number
    readonly message_id?: string
    readonly channel_id?: string
  }
  readonly referenced_message?: Message | null
  readonly message_snapshots?: readonly { readonly message: Snapshot }[]
  readonly interaction?: { readonly id: string; readonly name: string; readonly user: User }
  readonly interaction_metadata?: { readonly id: string; readonly user: User }
  readonly thread?: Channel
}

export type Choice = {
  readonly name: string
  readonly name_localized?: string
  readonly value: string | number
}

export type Option = {
  readonly type: number
  readonly name: string
  readonly name_localized?: string
  readonly description: string
  readonly description_localized?: string
  readonly required?: boolean
  readonly choices?: readonly Choice[]
  readonly autocomplete?: boolean
  readonly options?: readonly Option[]
  readonly min_value?: number
  readonly max_value?: number
  readonly min_length?: number
  readonly max_length?: number
  readonly channel_types?: readonly number[]
  readonly file_types?: readonly string[]
}

export type Command = {
  readonly id: string
  readonly type: number
  readonly name: string
  readonly name_localized?: string
  readonly description: string
  readonly description_localized?: string
  readonly options?: readonly Option[]
  /** Channels where this member can use the command; absent: all. */
  readonly usable_in?: readonly string[]
}

export type Modal = {
  readonly id: string
  readonly custom_id: string
  readonly title: string
  readonly components: readonly Component[]
}

/** The events on the WebSocket. */
export type MemberEvent =
  | {
      readonly type: 'snapshot'
      readonly you: User
      readonly guild: {
        readonly id: string
        readonly name: string
        readonly owner_id?: string
        readonly roles?: readonly Role[]
      }
      readonly users: readonly User[]
      readonly members?: readonly Member[]
      readonly channels: readonly Channel[]
      readonly messages: readonly Message[]
      readonly commands: readonly Command[]
      readonly installed?: boolean
      readonly online?: boolean
      readonly about?: InLanguages | null
      readonly models?: BotModels | null
    }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'deleted'; readonly id: string; readonly channel_id: string }
  | { readonly type: 'typing'; readonly channel_id: string; readonly user_id: string }
  | { readonly type: 'channel'; readonly channel: Channel }
  | { readonly type: 'channel_gone'; readonly id: string }
  | { readonly type: 'member'; readonly member: Member }
  | { readonly type: 'commands'; readonly commands: readonly Command[] }
  | { readonly type: 'choices'; readonly id: string; readonly choices: readonly Choice[] }
  | ({ readonly type: 'modal' } & Modal)
  | { readonly type: 'acknowledged'; readonly id: string }
  | { readonly type: 'failed'; readonly id: string }
  | { readonly type: 'online'; readonly online: boolean }
  | {
      readonly type: 'about'
      readonly about: InLanguages | null
      readonly models: BotModels | null
    }

/** A sentence in the page's languages. */
export type InLanguages = { readonly en: string; readonly zh: string }

/** The models that the bot can answer with, and the one that does. */
export type BotModels = { readonly names: readonly string[]; readonly current: string }

/** A file in the composer, before it is sent. */
export type Draft = {
  readonly key: number
  readonly file: File
  readonly preview: string | null
  description: string
  spoiler: boolean
}

/** A sample picture. */
export type Sample = {
  readonly file: string
  readonly width: number
  readonly height: number
  readonly en: string
  readonly 'zh-CN': string
}

/** An interaction that the application has not responded to yet. */
export type Pending = {
  readonly id: string
  readonly channelId: string
  /** The command shown in the channel's pending line; null for a component, whose message shows the state. */
  readonly name: string | null
  readonly messageId: string | null
  readonly customId: string | null
  failed: boolean
}
